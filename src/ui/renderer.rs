//! What the renderers have in common.

use crate::event::Event;
use std::time::Duration;

/// What a terminal has room for, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    /// Its width.
    pub columns: usize,
    /// Its height.
    pub rows: usize,
}

/// Turns events into lines. Pure: the clock and the terminal's width are arguments.
///
/// `now` is the time since the build's start. Lines come without their line feed.
pub(super) trait Renderer: Send {
    /// Takes an event and gives the lines that stay.
    fn event(&mut self, now: Duration, event: Event) -> Vec<String>;

    /// Gives the lines that are due because time has passed. Called about ten times a second.
    fn tick(&mut self, now: Duration) -> Vec<String>;

    /// Gives what is still to be said when no more events come, whether or not the build came to its end.
    fn end(&mut self) -> Vec<String>;

    /// A page about the whole build, once it is over. None for renderers that nobody asks for one.
    fn page(&mut self) -> Option<String> {
        None
    }

    /// Takes the terminal's size, which may change at any time.
    fn resize(&mut self, size: Size) {
        let _ = size;
    }

    /// The lines that are drawn over by the next frame. None for renderers that do not draw.
    fn frame(&self, now: Duration) -> Vec<String> {
        let _ = now;
        Vec::new()
    }
}
