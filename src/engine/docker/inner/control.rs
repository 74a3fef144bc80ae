//! What the container's first process is told, and tells. The protocol is in `pid1.sh`.

use super::text;
use crate::engine::EngineError;
use bollard::container::{AttachContainerResults, LogOutput};
use futures_util::StreamExt as _;
use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;

/// Lines of the shell's own complaints that are kept.
const COMPLAINTS: usize = 20;

/// The connection to the first process. When it is dropped, the container ends.
pub(super) struct Control {
    input: tokio::sync::Mutex<Pin<Box<dyn AsyncWrite + Send>>>,
    heard: Arc<Mutex<Heard>>,
    reading: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Heard {
    next: u64,
    scripts: HashMap<u64, mpsc::UnboundedSender<Said>>,
    complaints: VecDeque<String>,
    over: bool,
}

/// What a script does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// A line of its output.
    Line(String),
    /// Its exit code.
    End(i32),
}

/// A script at work. Ends without [`Said::End`] when the container does.
pub(super) type Script = mpsc::UnboundedReceiver<Said>;

impl Control {
    /// Takes over the streams of an attached container.
    pub(super) fn new(streams: AttachContainerResults) -> Self {
        let heard = Arc::new(Mutex::new(Heard::default()));
        let mut output = streams.output;
        let reader = Arc::clone(&heard);
        let reading = tokio::spawn(async move {
            let mut open = Vec::new();
            while let Some(Ok(frame)) = output.next().await {
                match frame {
                    LogOutput::StdOut { message } => {
                        open.extend_from_slice(&message);
                        while let Some(end) = open.iter().position(|byte| *byte == b'\n') {
                            let line: Vec<u8> = open.drain(..=end).collect();
                            lock(&reader).line(String::from_utf8_lossy(&line[..end]).trim_end_matches('\r'));
                        }
                    }
                    LogOutput::StdErr { message } => lock(&reader).complain(&String::from_utf8_lossy(&message)),
                    LogOutput::StdIn { .. } | LogOutput::Console { .. } => {}
                }
            }
            let mut heard = lock(&reader);
            heard.over = true;
            heard.scripts.clear();
        });
        Self { input: tokio::sync::Mutex::new(streams.input), heard, reading }
    }

    /// Starts a script.
    ///
    /// # Errors
    /// When the container has ended.
    pub(super) async fn start(&self, script: &str) -> Result<Script, EngineError> {
        let (id, said) = self.listen();
        self.send(&format!("run {id}\n{}", text::encode(script.as_bytes()))).await?;
        Ok(said)
    }

    /// Runs a script to its end, and gives its lines and its exit code.
    ///
    /// # Errors
    /// When the container ends before it.
    pub(super) async fn run(&self, script: &str) -> Result<(Vec<String>, i32), EngineError> {
        let said = self.start(script).await?;
        self.whole(said).await
    }

    /// Runs a script that has no reason to fail, and gives its lines.
    ///
    /// # Errors
    /// When it fails, with what it said; `action` is what it was to do.
    pub(super) async fn must(&self, action: &str, script: &str) -> Result<Vec<String>, EngineError> {
        match self.run(script).await? {
            (lines, 0) => Ok(lines),
            (lines, code) => {
                let said = lines.join("\n");
                Err(EngineError::Other(format!("{action}: exit code {code}\n{}", said.trim())))
            }
        }
    }

    /// Kills every process but the first.
    ///
    /// # Errors
    /// When the container ends before it.
    pub(super) async fn sweep(&self) -> Result<(), EngineError> {
        let (id, said) = self.listen();
        self.send(&format!("sweep {id}\n")).await?;
        self.whole(said).await.map(drop)
    }

    /// Writes a file.
    ///
    /// # Errors
    /// When the container has ended.
    pub(super) async fn file(&self, path: &str, mode: u32, content: &[u8]) -> Result<(), EngineError> {
        self.send(&format!("file {mode:o} {path}\n{}", text::encode(content))).await
    }

    /// Why the container ended, as far as its shell said.
    pub(super) fn ended(&self) -> EngineError {
        let complaints = lock(&self.heard).complaints.iter().cloned().collect::<Vec<_>>().join("\n");
        let because = if complaints.is_empty() { String::new() } else { format!(": {complaints}") };
        EngineError::Other(format!("the container of the step ended before its time{because}"))
    }

    async fn whole(&self, mut said: Script) -> Result<(Vec<String>, i32), EngineError> {
        let mut lines = Vec::new();
        loop {
            match said.recv().await {
                Some(Said::Line(line)) => lines.push(line),
                Some(Said::End(code)) => return Ok((lines, code)),
                None => return Err(self.ended()),
            }
        }
    }

    fn listen(&self) -> (u64, Script) {
        let (teller, said) = mpsc::unbounded_channel();
        let mut heard = lock(&self.heard);
        let id = heard.next;
        heard.next += 1;
        if !heard.over {
            heard.scripts.insert(id, teller);
        }
        (id, said)
    }

    async fn send(&self, request: &str) -> Result<(), EngineError> {
        let mut input = self.input.lock().await;
        let sending = async {
            input.write_all(request.as_bytes()).await?;
            input.flush().await
        };
        sending.await.map_err(|_| self.ended())
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

impl Heard {
    fn line(&mut self, line: &str) {
        let mut words = line.splitn(3, ' ');
        let (verb, id, rest) = (words.next(), words.next().and_then(|id| id.parse().ok()), words.next());
        let (Some(verb), Some(id)) = (verb, id) else { return };
        let rest = rest.unwrap_or_default();
        match verb {
            "out" => {
                if let Some(script) = self.scripts.get(&id) {
                    let _ = script.send(Said::Line(rest.to_owned()));
                }
            }
            "end" => {
                if let Some(script) = self.scripts.remove(&id) {
                    let _ = script.send(Said::End(rest.parse().unwrap_or(1)));
                }
            }
            _ => {}
        }
    }

    fn complain(&mut self, text: &str) {
        self.complaints.extend(text.lines().map(str::to_owned));
        while self.complaints.len() > COMPLAINTS {
            self.complaints.pop_front();
        }
    }
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}
