//! The terminal as indicatif draws on it.

use super::measure;
use super::renderer::Size;
use indicatif::TermLike;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A terminal whose lines end where they end.
///
/// indicatif fills each line with blanks up to the terminal's width and lets the terminal wrap. When the terminal is
/// resized, such lines run together. Here a full line loses its blanks and is ended by a line feed instead, so that
/// a terminal that grows changes nothing, and one that shrinks wraps each line for itself.
#[derive(Clone)]
pub(super) struct Canvas {
    state: Arc<Mutex<State>>,
}

struct State {
    screen: Box<dyn Write + Send>,
    size: Size,
    /// Written with the next flush, all at once.
    out: String,
    /// The line that is being written, and the columns that it takes.
    line: String,
    column: usize,
    /// A line feed is due before anything else is written.
    line_feed: bool,
}

impl Canvas {
    /// An empty canvas of this size.
    pub(super) fn new(screen: Box<dyn Write + Send>, size: Size) -> Self {
        let state = State { screen, size, out: String::new(), line: String::new(), column: 0, line_feed: false };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// From now on the canvas has this size. What stands on it must be erased first.
    pub(super) fn resize(&self, size: Size) {
        self.state().size = size;
    }

    /// Writes lines that stay, at the beginning of a line.
    pub(super) fn write_lines(&self, lines: &[String]) {
        let mut state = self.state();
        for line in lines {
            state.out.push_str(line);
            state.out.push('\n');
        }
        // A closed terminal is no reason to stop a build.
        let _ = state.flush();
    }

    /// Erases the lines of a frame, at whose end the cursor stands, after the terminal was resized to `columns`: a
    /// line that was wider than that has been wrapped by the terminal.
    pub(super) fn erase(&self, frame: &[String], columns: usize) {
        let rows: usize = frame.iter().map(|line| measure::width(line).div_ceil(columns.max(1)).max(1)).sum();
        let mut state = self.state();
        state.up(rows.saturating_sub(1));
        state.out.push_str("\r\x1b[J");
        let _ = state.flush();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn flush(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        self.out.push_str(&line);
        let out = std::mem::take(&mut self.out);
        self.screen.write_all(out.as_bytes())?;
        self.screen.flush()
    }

    fn write(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if std::mem::take(&mut self.line_feed) {
            self.out.push_str("\r\n");
        }
        self.line.push_str(text);
        self.column += measure::width(text);
        if self.column >= self.size.columns {
            let line = std::mem::take(&mut self.line);
            self.out.push_str(line.trim_end_matches(' '));
            self.column = 0;
            self.line_feed = true;
        }
    }

    /// A control sequence; the cursor leaves the line, so no line feed is due any more.
    fn control(&mut self, sequence: &str) {
        let line = std::mem::take(&mut self.line);
        self.out.push_str(&line);
        self.out.push_str(sequence);
        self.column = 0;
        self.line_feed = false;
    }

    fn up(&mut self, rows: usize) {
        if rows > 0 {
            self.control(&format!("\x1b[{rows}A"));
        }
    }
}

impl fmt::Debug for Canvas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canvas").field("size", &self.state().size).finish_non_exhaustive()
    }
}

impl TermLike for Canvas {
    fn width(&self) -> u16 {
        u16::try_from(self.state().size.columns).unwrap_or(u16::MAX)
    }

    fn height(&self) -> u16 {
        u16::try_from(self.state().size.rows).unwrap_or(u16::MAX)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.state().up(n);
        Ok(())
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        if n > 0 {
            self.state().control(&format!("\x1b[{n}B"));
        }
        Ok(())
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        if n > 0 {
            self.state().control(&format!("\x1b[{n}C"));
        }
        Ok(())
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        if n > 0 {
            self.state().control(&format!("\x1b[{n}D"));
        }
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        let mut state = self.state();
        state.write(text);
        state.control("\r\n");
        Ok(())
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.state().write(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.state().control("\r\x1b[2K");
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        // A closed terminal is no reason to stop a build.
        let _ = self.state().flush();
        Ok(())
    }
}
