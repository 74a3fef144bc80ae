//! The inner daemon: its start, its log, its end.

use super::container::HOME;
use super::control::{Control, Said, Script};
use crate::engine::EngineError;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// What its log says when it answers.
const READY: &str = "API listen on";
/// How long it may take to answer.
const START: Duration = Duration::from_secs(180);
/// How long it may take to end; it waits itself for containers.
const STOP: Duration = Duration::from_secs(30);
/// Lines of its log that are kept.
const LOG: usize = 30;

/// A daemon that answers.
pub(super) struct Daemon {
    log: Log,
    ending: JoinHandle<()>,
}

/// The end of its log.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_back(line);
        while lines.len() > LOG {
            lines.pop_front();
        }
    }

    /// Its last lines.
    pub(super) fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

/// Why it did not start.
pub(super) enum NoStart {
    /// It ended or never answered: its log's end.
    Log(String),
    /// Something else failed.
    Fault(EngineError),
}

impl From<NoStart> for EngineError {
    fn from(why: NoStart) -> Self {
        match why {
            NoStart::Log(log) => {
                Self::Other(format!("the Docker daemon of the step did not start; the end of its log:\n{log}"))
            }
            NoStart::Fault(error) => error,
        }
    }
}

impl Daemon {
    /// Starts it and waits until it answers. `command` runs it with its configuration file.
    pub(super) async fn start(control: &Control, config: &str, command: &str) -> Result<Self, NoStart> {
        let file = format!("{HOME}/daemon.json");
        let log = Log::default();
        let starting = async {
            control.file(&file, 0o600, config.as_bytes()).await?;
            control.start(&format!("rm -f {HOME}/docker.pid; {command} --config-file {file}")).await
        };
        let mut script = starting.await.map_err(NoStart::Fault)?;
        match tokio::time::timeout(START, ready(&mut script, &log)).await {
            Ok(true) => {}
            Ok(false) => return Err(NoStart::Log(log.text())),
            Err(_) => {
                log.push(format!("(no answer within {} s)", START.as_secs()));
                return Err(NoStart::Log(log.text()));
            }
        }
        let lines = log.clone();
        let ending = tokio::spawn(async move {
            while let Some(Said::Line(line)) = script.recv().await {
                lines.push(line);
            }
        });
        Ok(Self { log, ending })
    }

    /// Ends it. Tells whether it ended in time, and so left its data as it should be.
    ///
    /// # Errors
    /// When the container has ended.
    pub(super) async fn stop(mut self, control: &Control) -> Result<bool, EngineError> {
        control.run(&format!("kill -TERM \"$(cat {HOME}/docker.pid)\"")).await?;
        let ended = tokio::time::timeout(STOP, &mut self.ending).await.is_ok();
        if !ended {
            tracing::debug!(log = self.log.text(), "the inner daemon did not end");
        }
        Ok(ended)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.ending.abort();
    }
}

/// Follows the log until the daemon answers, or ends.
async fn ready(script: &mut Script, log: &Log) -> bool {
    while let Some(Said::Line(line)) = script.recv().await {
        let ready = line.contains(READY);
        log.push(line);
        if ready {
            return true;
        }
    }
    false
}
