//! The thread that owns standard error while a build runs.

use super::fancy::Fancy;
use super::json::Json;
use super::live::{Live, Paper, Screen};
use super::mask::Masks;
use super::plain::Plain;
use super::renderer::Renderer;
use super::settings::{Mode, Terminal};
use crate::event::{Event, Sink};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two looks at the clock.
const TICK: Duration = Duration::from_millis(100);

enum Message {
    Event(Duration, Event),
    /// Takes what is drawn away and shows nothing more; answers when that is done.
    Close(SyncSender<()>),
    /// Shows what has piled up, and goes on.
    Open,
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

/// Keeps progress away from the terminal while somebody else has it.
#[derive(Clone)]
pub struct Curtain {
    sender: Sender<Message>,
}

/// Progress is away from the terminal. When this is dropped, it shows what happened meanwhile.
#[must_use = "the terminal is free only as long as this lives"]
pub struct Closed {
    sender: Sender<Message>,
}

impl Curtain {
    /// Waits until all that was sent so far is written, and nothing is drawn any more.
    pub fn close(&self) -> Closed {
        let (done, wait) = sync_channel(1);
        // After the end nobody draws.
        let _ = self.sender.send(Message::Close(done)).map(|()| wait.recv());
        Closed { sender: self.sender.clone() }
    }
}

impl Drop for Closed {
    fn drop(&mut self) {
        let _ = self.sender.send(Message::Open);
    }
}

impl Handle {
    /// What keeps it away from the terminal for a while.
    #[must_use]
    pub fn curtain(&self) -> Curtain {
        Curtain { sender: self.sender.clone() }
    }

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
/// Nothing else may write to standard error until the handle is finished.
pub fn spawn(mode: Mode, terminal: &Terminal, masks: Masks) -> (Arc<dyn Sink>, Handle) {
    let paper = || Box::new(Paper(std::io::stderr()));
    match mode.settle(terminal) {
        Mode::Fancy => start(Box::new(Fancy::new(terminal, masks)), Box::new(Live::stderr())),
        Mode::Json => start(Box::new(Json::new(masks)), paper()),
        Mode::Auto | Mode::Plain => start(Box::new(Plain::new(terminal, masks)), paper()),
    }
}

fn start(renderer: Box<dyn Renderer>, screen: Box<dyn Screen>) -> (Arc<dyn Sink>, Handle) {
    let (sender, receiver) = channel();
    let start = Instant::now();
    let thread = std::thread::Builder::new()
        .name("ui".to_owned())
        .spawn(move || run(start, &receiver, renderer, screen))
        .expect("a process that just started has room for one more thread");
    let sink = Channel { start, sender: sender.clone() };
    (Arc::new(sink), Handle { sender, thread: Some(thread) })
}

fn run(start: Instant, receiver: &Receiver<Message>, mut renderer: Box<dyn Renderer>, mut screen: Box<dyn Screen>) {
    let mut tick = start;
    // What is to be shown when the curtain opens.
    let mut kept: Option<Vec<String>> = None;
    loop {
        let mut lines = Vec::new();
        let mut ended = false;
        let mut message = receiver.recv_timeout(tick.saturating_duration_since(Instant::now()));
        if let Some(size) = screen.size() {
            renderer.resize(size);
        }
        // What has piled up is shown in one go, but not later than at the next tick.
        loop {
            match message {
                Ok(Message::Event(now, event)) => lines.extend(renderer.event(now, event)),
                Ok(Message::Close(done)) => {
                    screen.show(&std::mem::take(&mut lines), &[]);
                    kept.get_or_insert_default();
                    let _ = done.send(());
                }
                Ok(Message::Open) => lines.splice(0..0, kept.take().unwrap_or_default()).for_each(drop),
                Ok(Message::End) | Err(RecvTimeoutError::Disconnected) => {
                    lines.extend(renderer.end());
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
            lines.extend(renderer.tick(now - start));
            tick = now + TICK;
        }
        if ended {
            lines.splice(0..0, kept.take().unwrap_or_default());
        }
        if let Some(kept) = &mut kept {
            kept.append(&mut lines);
        } else if due || ended || !lines.is_empty() {
            screen.show(&lines, &renderer.frame(now - start));
        }
        if ended {
            return;
        }
    }
}

#[cfg(test)]
#[path = "thread_tests.rs"]
mod tests;
