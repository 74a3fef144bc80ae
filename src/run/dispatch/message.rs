//! What the dispatcher works with, and what it hears.

use super::attempts::Task;
use super::claims::Held;
use crate::cache::{Durations, Peaks};
use crate::digest::VertexId;
use crate::engine::{Answer, Engine, EngineError, OpenConsole};
use crate::graph::{Graph, Vertex};
use crate::lock::{Guard, LockDir, LockError};
use crate::machine::Pressure;
use crate::run::caches::Caches;
use crate::run::executor::Limits;
use crate::run::failure::BuildError;
use crate::run::host::HostAnswers;
use crate::run::interrupt::Interrupt;
use crate::run::schedule::Call;
use crate::run::steps::Steps;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::oneshot;

/// What an executor works with.
#[derive(Clone)]
pub struct Setting {
    pub engine: Arc<dyn Engine>,
    pub steps: Arc<Steps>,
    /// What commands of this machine answered.
    pub answers: Arc<HostAnswers>,
    pub locks: Arc<LockDir>,
    pub limits: Limits,
    pub interrupt: Interrupt,
    pub durations: Arc<Durations>,
    pub peaks: Arc<Peaks>,
    /// Where memory is read that limits steps; `None`: it does not limit them.
    pub pressure: Option<Arc<dyn Pressure>>,
    /// The console for steps that somebody works with.
    pub console: Option<OpenConsole>,
    /// The caches in registries.
    pub caches: Arc<Caches>,
}

/// What a call wants.
pub struct Request {
    /// A graph that has the goals.
    pub graph: Arc<Graph>,
    pub goals: Vec<VertexId>,
    /// The goals and all that they need, inputs first.
    pub vertices: Vec<Arc<Vertex>>,
    /// Vertices whose results are known to be there.
    pub known: HashSet<VertexId>,
    /// Whether the goals were done before, and are lost.
    pub again: bool,
}

/// Which of some vertices the schedule knows.
pub struct Survey {
    /// Something is going to happen to them.
    pub live: HashSet<VertexId>,
    /// They are done, or failed.
    pub settled: HashSet<VertexId>,
}

/// What the dispatcher hears. Builds and waits are told apart by their numbers: of one that was cancelled, nothing counts any more.
pub enum Message {
    /// Somebody wants results.
    Called { call: Call, request: Request, reply: oneshot::Sender<Result<(), BuildError>> },
    /// Nobody waits for a call any more.
    Abandoned(Call),
    /// Somebody wants to know where vertices are.
    Survey { ids: Vec<VertexId>, reply: oneshot::Sender<Survey> },
    /// The engine asks at a gate.
    Asked { vertex: VertexId, build: Task, reply: oneshot::Sender<Answer> },
    /// The engine says that a vertex's process ended.
    Ended { vertex: VertexId, build: Task },
    /// The engine says how much memory a vertex's process needed at most, in bytes.
    Peak { vertex: VertexId, bytes: u64 },
    /// A build is over.
    Finished { build: Task, result: Result<(), EngineError> },
    /// Locks are taken, or are busy, or could not be taken at all.
    Locks { wait: Task, result: Result<Option<Held>, LockError> },
    /// A slot of the whole machine is taken.
    Host { wait: Task<()>, result: Result<Guard, LockError> },
    /// Nothing more is wanted.
    End(oneshot::Sender<Option<BuildError>>),
}
