//! Passes what the engine asks and tells on to the dispatcher.

use super::dispatch::{Message, Roots, Task};
use super::steps::Steps;
use crate::digest::VertexId;
use crate::engine::{Answer, Console, DataRoot, EngineError, Observer, OpenConsole, Progress};
use crate::event::{Event, StepPhase, Stream};
use crate::graph::LocalSource;
use async_trait::async_trait;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// The observer of one vertex's build.
pub struct Gatekeeper {
    /// The build.
    pub build: Task,
    /// The dispatcher.
    pub messages: mpsc::UnboundedSender<Message>,
    /// What is shown.
    pub steps: Arc<Steps>,
    /// The data roots that steps hold.
    pub roots: Roots,
    /// The console for steps that somebody works with.
    pub console: Option<OpenConsole>,
}

#[async_trait]
impl Observer for Gatekeeper {
    async fn gate(&self, vertex: VertexId) -> Answer {
        let (reply, answer) = oneshot::channel();
        let asked = Message::Asked { vertex, build: self.build, reply };
        if self.messages.send(asked).is_err() {
            return Answer::Refuse;
        }
        answer.await.unwrap_or(Answer::Refuse)
    }

    fn data_root(&self, vertex: VertexId) -> Option<DataRoot> {
        self.roots.get(vertex)
    }

    async fn console(&self, _vertex: VertexId) -> Result<Console, EngineError> {
        let nobody = || EngineError::Other("there is no terminal for a process that somebody works with".to_owned());
        let console = self.console.as_ref().ok_or_else(nobody)?().await;
        console.map_err(|error| EngineError::Other(format!("cannot use standard input and output: {error}")))
    }

    fn note(&self, _vertex: VertexId, text: String) {
        self.steps.send(Event::Note(text));
    }

    fn phase(&self, vertex: VertexId, phase: StepPhase) {
        self.steps.phase(vertex, phase);
    }

    fn peak_memory(&self, vertex: VertexId, bytes: u64) {
        // The dispatcher is gone only when the build is over.
        let _gone = self.messages.send(Message::Peak { vertex, bytes });
    }

    fn output(&self, vertex: VertexId, stream: Stream, bytes: &[u8]) {
        self.steps.output(vertex, stream, bytes);
    }

    fn progress(&self, vertex: VertexId, progress: Progress) {
        match progress {
            Progress::Completed => {
                // The dispatcher is gone only when the build is over.
                let _gone = self.messages.send(Message::Ended { vertex, build: self.build });
            }
            Progress::Cached if vertex == self.build.key => self.steps.was_cached(vertex),
            Progress::Started | Progress::Cached => {}
        }
    }

    fn context_sent(&self, source: &LocalSource, files: u64, bytes: u64) {
        self.steps.context_sent(source, files, bytes);
    }
}

/// The observer of a probe: refuses every gate and remembers who asked.
pub struct Refuser {
    /// Vertices that would have run.
    pub asked: Mutex<Vec<VertexId>>,
    /// What is shown.
    pub steps: Arc<Steps>,
}

#[async_trait]
impl Observer for Refuser {
    async fn gate(&self, vertex: VertexId) -> Answer {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(vertex);
        Answer::Refuse
    }

    fn output(&self, vertex: VertexId, stream: Stream, bytes: &[u8]) {
        self.steps.output(vertex, stream, bytes);
    }

    fn progress(&self, vertex: VertexId, progress: Progress) {
        // A probe brings about everything that is no step.
        match progress {
            Progress::Started => self.steps.begin_work(vertex, true),
            Progress::Cached => self.steps.was_cached(vertex),
            Progress::Completed => {}
        }
    }

    fn context_sent(&self, source: &LocalSource, files: u64, bytes: u64) {
        self.steps.context_sent(source, files, bytes);
    }
}
