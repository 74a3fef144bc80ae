//! Drawing on a terminal: lines that stay, and below them a frame that is drawn over.

use super::renderer::Size;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write;

/// Where a renderer's lines go.
pub(super) trait Screen: Send {
    /// Its size, where it has one.
    fn size(&self) -> Option<Size>;

    /// Writes lines that stay, and draws the frame below them in place of the last one.
    fn show(&mut self, lines: &[String], frame: &[String]);
}

/// A pipe or a file: lines stay, frames are not drawn.
pub(super) struct Paper<W>(pub W);

impl<W: Write + Send> Screen for Paper<W> {
    fn size(&self) -> Option<Size> {
        None
    }

    fn show(&mut self, lines: &[String], _frame: &[String]) {
        if !lines.is_empty() {
            // A closed terminal is no reason to stop a build.
            let _ = self.0.write_all((lines.join("\n") + "\n").as_bytes()).and_then(|()| self.0.flush());
        }
    }
}

/// Standard error as a terminal. The frame is one indicatif bar whose message has several lines: indicatif knows how
/// to clear what it drew, whatever the terminal's size has become since. It neither hides the cursor nor changes the
/// terminal's mode, so even a killed process leaves nothing to restore.
pub(super) struct Live {
    terminal: console::Term,
    bar: Option<ProgressBar>,
}

impl Live {
    /// Nothing is drawn yet.
    pub(super) fn new() -> Self {
        Self { terminal: console::Term::buffered_stderr(), bar: None }
    }

    fn write(&self, lines: &[String]) {
        let text = lines.join("\n") + "\n";
        let _ = self.terminal.write_str(&text).and_then(|()| self.terminal.flush());
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Screen for Live {
    fn size(&self) -> Option<Size> {
        let (rows, columns) = self.terminal.size();
        Some(Size { columns: columns.into(), rows: rows.into() })
    }

    fn show(&mut self, lines: &[String], frame: &[String]) {
        if frame.is_empty() {
            self.clear();
        }
        if !lines.is_empty() {
            match &self.bar {
                Some(bar) => bar.suspend(|| self.write(lines)),
                None => self.write(lines),
            }
        }
        if !frame.is_empty() {
            let bar = self.bar.get_or_insert_with(|| {
                let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::term(self.terminal.clone(), 20));
                bar.set_style(ProgressStyle::with_template("{msg}").expect("the template is well-formed"));
                bar
            });
            bar.set_message(frame.join("\n"));
            bar.force_draw();
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.clear();
    }
}
