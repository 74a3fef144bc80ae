//! The thread that owns standard error while a build runs.

use super::fancy::Fancy;
use super::json::Json;
use super::live::{Live, Paper, Screen};
use super::log::Logs;
use super::mask::Masks;
use super::plain::Plain;
use super::renderer::Renderer;
use super::settings::{Mode, Terminal};
use crate::event::{Event, Sink};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two looks at the clock.
const TICK: Duration = Duration::from_millis(100);

enum Message {
    Event(Duration, Event),
    End,
}

/// The way into the thread. The channel has no bound: whoever sends never waits for a slow terminal.
struct Channel {
    start: Instant,
    sender: Sender<Message>,
}

impl Sink for Channel {
    fn send(&self, event: Event) {
        // After the end nobody listens, and nothing is left to be said.
        let _ = self.sender.send(Message::Event(self.start.elapsed(), event));
    }
}

/// The renderer at work. Dropping it does what [`Handle::finish`] does.
#[must_use = "what was sent last is lost unless the handle lives until the end"]
pub struct Handle {
    sender: Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

impl Handle {
    /// Writes all that was sent so far, restores the terminal, and ends the thread. Events sent later are dropped.
    pub fn finish(self) {
        drop(self);
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let _ = self.sender.send(Message::End);
        if let Some(thread) = self.thread.take() {
            // A renderer that panicked has already said so; the build's own result counts.
            let _ = thread.join();
        }
    }
}

/// Starts the thread that renders events to standard error, in the way that `mode` and the terminal settle on.
///
/// What each step prints is kept in a file of its own below `logs`, where that is given.
///
/// Nothing else may write to standard error until the handle is finished.
pub fn spawn(mode: Mode, terminal: &Terminal, masks: Masks, logs: Option<PathBuf>) -> (Arc<dyn Sink>, Handle) {
    let logs = Logs::new(logs, masks.clone());
    let paper = || Box::new(Paper(std::io::stderr()));
    match mode.settle(terminal) {
        Mode::Fancy => start(Box::new(Fancy::new(terminal, masks)), Box::new(Live::stderr()), logs),
        Mode::Json => start(Box::new(Json::new(masks)), paper(), logs),
        Mode::Auto | Mode::Plain => start(Box::new(Plain::new(terminal, masks)), paper(), logs),
    }
}

fn start(renderer: Box<dyn Renderer>, screen: Box<dyn Screen>, logs: Logs) -> (Arc<dyn Sink>, Handle) {
    let (sender, receiver) = channel();
    let start = Instant::now();
    let thread = std::thread::Builder::new()
        .name("ui".to_owned())
        .spawn(move || run(start, &receiver, Shown { renderer, logs }, screen))
        .expect("a process that just started has room for one more thread");
    let sink = Channel { start, sender: sender.clone() };
    (Arc::new(sink), Handle { sender, thread: Some(thread) })
}

/// Where events go.
struct Shown {
    renderer: Box<dyn Renderer>,
    logs: Logs,
}

impl Shown {
    fn event(&mut self, now: Duration, mut event: Event) -> Vec<String> {
        let note = self.logs.take(&mut event);
        let note = note.map(|text| self.renderer.event(now, Event::Note(text)));
        note.into_iter().flatten().chain(self.renderer.event(now, event)).collect()
    }
}

fn run(start: Instant, receiver: &Receiver<Message>, mut shown: Shown, mut screen: Box<dyn Screen>) {
    let mut tick = start;
    loop {
        let mut lines = Vec::new();
        let mut ended = false;
        let mut message = receiver.recv_timeout(tick.saturating_duration_since(Instant::now()));
        if let Some(size) = screen.size() {
            shown.renderer.resize(size);
        }
        // What has piled up is shown in one go, but not later than at the next tick.
        loop {
            match message {
                Ok(Message::Event(now, event)) => lines.extend(shown.event(now, event)),
                Ok(Message::End) | Err(RecvTimeoutError::Disconnected) => {
                    lines.extend(shown.renderer.end());
                    ended = true;
                    break;
                }
                Err(RecvTimeoutError::Timeout) => break,
            }
            if Instant::now() >= tick {
                break;
            }
            message = receiver.try_recv().map_err(|_| RecvTimeoutError::Timeout);
        }
        let now = Instant::now();
        let due = now >= tick && !ended;
        if due {
            lines.extend(shown.renderer.tick(now - start));
            tick = now + TICK;
        }
        if due || ended || !lines.is_empty() {
            screen.show(&lines, &shown.renderer.frame(now - start));
        }
        if ended {
            return;
        }
    }
}

#[cfg(test)]
#[path = "thread_tests.rs"]
mod tests;
