//! The thread that owns standard error while a build runs.

use super::actions::Actions;
use super::fancy::Fancy;
use super::github::Github;
use super::json::Json;
use super::live::{Live, Paper, Screen};
use super::log::Logs;
use super::mask::Masks;
use super::plain::Plain;
use super::renderer::Renderer;
use super::settings::{Mode, Terminal};
use super::wording;
use crate::digest::VertexId;
use crate::event::{Event, Sink};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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
    /// Answers with the files of what was printed before.
    Logs(SyncSender<BTreeMap<VertexId, PathBuf>>),
    End,
}

/// So many bytes of output may wait to be shown. A terminal that stopped reading must not fill the memory.
const MOST_WAITING: usize = 64 << 20;

/// Output on its way.
#[derive(Default)]
struct Waiting {
    bytes: AtomicUsize,
    left_out: AtomicUsize,
}

impl Waiting {
    /// Whether there is room for so much more, which is taken then.
    fn take(&self, bytes: usize) -> bool {
        let fits = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= MOST_WAITING;
        if !fits {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.left_out.fetch_add(bytes, Ordering::Relaxed);
        }
        fits
    }

    /// Gives room back. Gives what is to be said of output that found none.
    fn give(&self, bytes: usize) -> Option<String> {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        (left_out > 0).then(|| {
            let size = wording::size(left_out as u64);
            format!("{size} of output are left out, here and in the logs: they could not be shown in time")
        })
    }
}

/// The way into the thread. Whoever sends never waits for a slow terminal.
struct Channel {
    start: Instant,
    sender: Sender<Message>,
    waiting: Arc<Waiting>,
}

impl Sink for Channel {
    fn send(&self, event: Event) {
        if let Event::Output { bytes, .. } = &event
            && !self.waiting.take(bytes.len())
        {
            return;
        }
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

    /// The files with all that steps printed in what was sent so far.
    #[must_use]
    pub fn logs(&self) -> BTreeMap<VertexId, PathBuf> {
        let (answer, wait) = sync_channel(1);
        // A thread that is gone has none to tell of.
        let asked = self.sender.send(Message::Logs(answer)).is_ok();
        asked.then(|| wait.recv().ok()).flatten().unwrap_or_default()
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

/// How a build is shown, and what is kept of it.
#[derive(Debug, Clone)]
pub struct Display<'a> {
    /// What the user asked for.
    pub mode: Mode,
    /// What standard error can show.
    pub terminal: &'a Terminal,
    /// Secrets, which show nowhere.
    pub masks: Masks,
    /// The directory in which each step's output becomes a file; `None`: nothing is kept.
    pub logs: Option<PathBuf>,
    /// The job of GitHub Actions that this is, if it is to know. Live lines and JSON tell it nothing.
    pub github: Option<Github>,
}

/// Starts the thread that renders events to standard error, in the way that mode and terminal settle on.
///
/// Nothing else may write to standard error until the handle is finished.
pub fn spawn(display: Display<'_>) -> (Arc<dyn Sink>, Handle) {
    let Display { mode, terminal, masks, logs, github } = display;
    let logs = Logs::new(logs, masks.clone());
    let paper = || Box::new(Paper(std::io::stderr()));
    let page = github.as_ref().and_then(|github| github.summary.clone());
    match (mode, mode.settle(terminal), github) {
        (Mode::Auto | Mode::Plain, _, Some(github)) => {
            let renderer = Actions::new(terminal, masks, github);
            start(Box::new(renderer), paper(), Kept { logs, page })
        }
        (_, Mode::Fancy, _) => start(Box::new(Fancy::new(terminal, masks)), Box::new(Live::stderr()), Kept::of(logs)),
        (_, Mode::Json, _) => start(Box::new(Json::new(masks)), paper(), Kept::of(logs)),
        (_, Mode::Auto | Mode::Plain, _) => start(Box::new(Plain::new(terminal, masks)), paper(), Kept::of(logs)),
    }
}

fn start(renderer: Box<dyn Renderer>, screen: Box<dyn Screen>, kept: Kept) -> (Arc<dyn Sink>, Handle) {
    let (sender, receiver) = channel();
    let start = Instant::now();
    let waiting = Arc::new(Waiting::default());
    let shown = Shown { renderer, kept, waiting: waiting.clone(), behind: None };
    let thread = std::thread::Builder::new()
        .name("ui".to_owned())
        .spawn(move || run(start, &receiver, shown, screen))
        .expect("a process that just started has room for one more thread");
    let sink = Channel { start, sender: sender.clone(), waiting };
    (Arc::new(sink), Handle { sender, thread: Some(thread) })
}

/// What of a build stays in files.
struct Kept {
    logs: Logs,
    /// The file that gets a page about the build, behind what it has.
    page: Option<PathBuf>,
}

impl Kept {
    fn of(logs: Logs) -> Self {
        Self { logs, page: None }
    }
}

/// Where events go.
struct Shown {
    renderer: Box<dyn Renderer>,
    kept: Kept,
    waiting: Arc<Waiting>,
    /// Bytes of output that wait behind the closed curtain; `None`: it is open.
    behind: Option<usize>,
}

impl Shown {
    /// What was left out meanwhile is told.
    fn open(&mut self, now: Duration) -> Vec<String> {
        let note = self.behind.take().and_then(|bytes| self.waiting.give(bytes));
        note.map(|note| self.renderer.event(now, Event::Note(note))).unwrap_or_default()
    }

    fn event(&mut self, now: Duration, mut event: Event) -> Vec<String> {
        let mut notes = Vec::new();
        if let Event::Output { bytes, .. } = &event {
            match &mut self.behind {
                Some(behind) => *behind += bytes.len(),
                None => notes.extend(self.waiting.give(bytes.len())),
            }
        }
        notes.extend(self.kept.logs.take(&mut event));
        let events = notes.into_iter().map(Event::Note).chain([event]);
        events.flat_map(|event| self.renderer.event(now, event)).collect()
    }

    /// What is still to be said, when the page is written.
    fn end(&mut self) -> Vec<String> {
        let mut lines = self.renderer.end();
        if let (Some(path), Some(page)) = (&self.kept.page, self.renderer.page())
            && let Err(error) = append(path, &page)
        {
            lines.push(format!("note: cannot write the summary to {}: {error}", path.display()));
        }
        lines
    }
}

fn append(path: &Path, text: &str) -> std::io::Result<()> {
    OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes())
}

fn run(start: Instant, receiver: &Receiver<Message>, mut shown: Shown, mut screen: Box<dyn Screen>) {
    let mut tick = start;
    // What is to be shown when the curtain opens.
    let mut kept: Option<Vec<String>> = None;
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
                Ok(Message::Close(done)) => {
                    screen.show(&std::mem::take(&mut lines), &[]);
                    kept.get_or_insert_default();
                    shown.behind.get_or_insert_default();
                    let _ = done.send(());
                }
                Ok(Message::Logs(answer)) => {
                    let _ = answer.send(shown.kept.logs.paths());
                }
                Ok(Message::Open) => {
                    lines.splice(0..0, kept.take().unwrap_or_default());
                    lines.extend(shown.open(start.elapsed()));
                }
                Ok(Message::End) | Err(RecvTimeoutError::Disconnected) => {
                    lines.extend(shown.open(start.elapsed()));
                    lines.extend(shown.end());
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
        if ended {
            lines.splice(0..0, kept.take().unwrap_or_default());
        }
        if let Some(kept) = &mut kept {
            kept.append(&mut lines);
        } else if due || ended || !lines.is_empty() {
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
