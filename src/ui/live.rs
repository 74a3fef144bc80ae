//! Where lines go: to a pipe as they are, or to a terminal, with a frame below them that is drawn over.

use super::canvas::Canvas;
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
            // A closed pipe is no reason to stop a build.
            let _ = self.0.write_all((lines.join("\n") + "\n").as_bytes()).and_then(|()| self.0.flush());
        }
    }
}

/// A terminal. The frame is one indicatif bar whose message has several lines.
///
/// Neither the cursor is hidden nor the terminal's mode changed, so even a killed process leaves nothing to restore.
pub(super) struct Live {
    /// Asks for the terminal's size, which may be another one each time.
    measure: fn() -> Size,
    drawn_at: Size,
    canvas: Canvas,
    bar: Option<ProgressBar>,
    frame: Vec<String>,
}

impl Live {
    /// Standard error, nothing drawn yet.
    pub(super) fn stderr() -> Self {
        Self::new(Box::new(std::io::stderr()), || {
            let (rows, columns) = console::Term::stderr().size();
            Size { columns: columns.into(), rows: rows.into() }
        })
    }

    /// The same for any screen, whose size `measure` tells.
    pub(super) fn new(screen: Box<dyn Write + Send>, measure: fn() -> Size) -> Self {
        let size = measure();
        Self { measure, drawn_at: size, canvas: Canvas::new(screen, size), bar: None, frame: Vec::new() }
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.frame.clear();
    }

    /// After a change of size the bar does not know where its lines are, so it is replaced.
    fn follow_size(&mut self) {
        let size = (self.measure)();
        if size == self.drawn_at {
            return;
        }
        if let Some(bar) = self.bar.take() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
            self.canvas.erase(&self.frame, size.columns);
        }
        self.canvas.resize(size);
        self.drawn_at = size;
    }
}

impl Screen for Live {
    fn size(&self) -> Option<Size> {
        Some((self.measure)())
    }

    fn show(&mut self, lines: &[String], frame: &[String]) {
        self.follow_size();
        if frame.is_empty() {
            self.clear();
        }
        if !lines.is_empty() {
            match &self.bar {
                Some(bar) => bar.suspend(|| self.canvas.write_lines(lines)),
                None => self.canvas.write_lines(lines),
            }
        }
        if !frame.is_empty() {
            let bar = self.bar.get_or_insert_with(|| {
                let target = ProgressDrawTarget::term_like_with_hz(Box::new(self.canvas.clone()), 20);
                let bar = ProgressBar::with_draw_target(None, target);
                bar.set_style(ProgressStyle::with_template("{msg}").expect("the template is well-formed"));
                bar
            });
            bar.set_message(frame.join("\n"));
            bar.force_draw();
            self.frame = frame.to_vec();
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
