//! The loop between the schedule and the world: the engine's builds, gates, locks, and the user's wish to stop.

use super::failure::{self, BuildError, CopySource};
use super::gatekeeper::{Gatekeeper, Refuser};
use super::interrupt::Interrupt;
use super::schedule::{Action, Event as Happened, Kind, Schedule, Setup, State};
use super::steps::Steps;
use crate::cache::Durations;
use crate::digest::VertexId;
use crate::engine::{Answer, Engine, EngineError};
use crate::event::{Event, Failure, Sink, StepState};
use crate::graph::dockerfile::LlbOp;
use crate::graph::encode::process_own;
use crate::graph::op::{CacheSharing, MountKind};
use crate::graph::{Graph, Op, Vertex};
use crate::lock::{Guard, HolderInfo, LockDir, LockError, LockKey, LockMode, Wait, WaitOptions};
use futures_util::FutureExt;
use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// What a step takes about which nothing is known.
const UNKNOWN_STEP: Duration = Duration::from_secs(1);
/// What everything but a step takes.
const OTHER_WORK: Duration = Duration::from_millis(10);

/// Caps and choices of an execution.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Steps that run at the same time, at least 1.
    pub parallelism: usize,
    /// Whether a failure stops only what needs its result.
    pub keep_going: bool,
    /// For how long a step may wait for locks; `None` is for ever.
    pub lock_timeout: Option<Duration>,
}

/// Runs graphs on an engine.
pub struct Executor {
    engine: Arc<dyn Engine>,
    sink: Arc<dyn Sink>,
    locks: Arc<LockDir>,
    limits: Limits,
    interrupt: Interrupt,
    durations: Arc<Durations>,
    steps: Arc<Steps>,
}

/// What the dispatcher hears.
pub enum Message {
    /// The engine asks at a gate.
    Asked { vertex: VertexId, build: VertexId, reply: oneshot::Sender<Answer> },
    /// The engine says that a vertex's process ended.
    Ended(VertexId),
    /// A build is over.
    Finished { vertex: VertexId, result: Result<(), EngineError> },
    /// Locks are taken.
    Locks { vertex: VertexId, guards: Vec<Guard> },
    /// Locks could not be taken at all.
    LockFailed(LockError),
}

impl Executor {
    /// An executor for one invocation.
    #[must_use]
    pub fn new(
        engine: Arc<dyn Engine>,
        sink: Arc<dyn Sink>,
        locks: Arc<LockDir>,
        limits: Limits,
        interrupt: Interrupt,
        durations: Arc<Durations>,
    ) -> Self {
        let steps = Arc::new(Steps::new(sink.clone()));
        Self { engine, sink, locks, limits, interrupt, durations, steps }
    }

    /// Brings about the results of all goals.
    ///
    /// # Errors
    /// The failures of steps, or what else stopped it. Everything that was under way has been cancelled then.
    pub async fn execute(&self, graph: &Arc<Graph>, goals: &[VertexId]) -> Result<(), BuildError> {
        self.steps.add(graph);
        let vertices = graph.closure(goals.iter().copied());
        let mut schedule = Schedule::new(self.limits.parallelism, self.limits.keep_going);
        let cached = tokio::select! {
            cached = self.probe(graph, goals) => cached?,
            () = self.interrupt.stopped() => return Err(BuildError::Interrupted),
        };
        let actions = schedule.add(vertices.iter().map(|vertex| self.setup(vertex, cached.contains(&vertex.id))));
        let mut dispatch = Dispatch::new(self, graph, schedule);
        dispatch.act(actions);
        dispatch.run().await
    }

    fn setup(&self, vertex: &Vertex, known: bool) -> Setup {
        let (kind, took) = match &vertex.op {
            op if op.is_step() => {
                let own = process_own(op);
                let took = own.and_then(|own| self.durations.get(&own)).unwrap_or(UNKNOWN_STEP);
                (Kind::Step { locks: !locks_of(vertex).is_empty() }, took)
            }
            Op::Local(_) => (Kind::Context, OTHER_WORK),
            Op::Image(_) => (Kind::Image, OTHER_WORK),
            _ => (Kind::File, OTHER_WORK),
        };
        let cost = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Setup { id: vertex.id, kind, inputs: vertex.dependencies(), cost, known }
    }

    /// The engine.
    pub(super) fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// Sends an event.
    pub(super) fn tell(&self, event: Event) {
        self.sink.send(event);
    }

    /// An observer that lets nothing run.
    pub(super) fn refuser(&self) -> Arc<Refuser> {
        Arc::new(Refuser { asked: Default::default(), steps: self.steps.clone() })
    }

    /// The vertices that are known to be cached.
    async fn probe(&self, graph: &Arc<Graph>, goals: &[VertexId]) -> Result<HashSet<VertexId>, BuildError> {
        if goals.is_empty() {
            return Ok(HashSet::new());
        }
        let observer = self.refuser();
        let answers = match self.engine.probe(graph, goals, observer.clone()).await {
            Ok(answers) => answers,
            // The image's own step fails as well, and says so with its line.
            Err(EngineError::Image { .. }) => return Ok(HashSet::new()),
            Err(error) => return Err(error.into()),
        };
        let whole = goals.iter().zip(answers).filter(|(_, cached)| *cached).map(|(goal, _)| *goal);
        // Who was asked has all its inputs.
        let asked = observer.asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let below = asked.iter().filter_map(|id| graph.get(id)).flat_map(|vertex| vertex.dependencies());
        Ok(graph.closure(whole.chain(below)).into_iter().map(|vertex| vertex.id).collect())
    }
}

/// The locks that a step needs while it runs: one for each cache that only one step may use.
fn locks_of(vertex: &Vertex) -> Vec<(LockKey, LockMode)> {
    let mounted =
        vertex.op.exec().map(|exec| &exec.mounts).into_iter().flatten().filter_map(|mount| match &mount.kind {
            MountKind::Cache { id, sharing, .. } => Some((id, *sharing)),
            _ => None,
        });
    let process = if let Op::Llb(LlbOp { process, .. }) = &vertex.op { process.as_ref() } else { None };
    let translated = process.into_iter().flat_map(|process| &process.caches).map(|(id, sharing)| (id, *sharing));
    let locked = mounted.chain(translated).filter(|(_, sharing)| *sharing == CacheSharing::Locked);
    locked.map(|(id, _)| (LockKey::new("cache", id.clone()), LockMode::Exclusive)).collect()
}

struct Dispatch<'a> {
    executor: &'a Executor,
    graph: &'a Arc<Graph>,
    schedule: Schedule,
    messages: (mpsc::UnboundedSender<Message>, mpsc::UnboundedReceiver<Message>),
    builds: HashMap<VertexId, JoinHandle<()>>,
    waits: HashMap<VertexId, JoinHandle<()>>,
    /// Who asks at each gate: after a retry there may be two.
    gates: HashMap<VertexId, Vec<oneshot::Sender<Answer>>>,
    guards: HashMap<VertexId, Vec<Guard>>,
    failures: Vec<Arc<Failure>>,
    broken: Option<BuildError>,
    counts: crate::event::Counts,
}

impl<'a> Dispatch<'a> {
    fn new(executor: &'a Executor, graph: &'a Arc<Graph>, schedule: Schedule) -> Self {
        Self {
            executor,
            graph,
            schedule,
            messages: mpsc::unbounded_channel(),
            builds: HashMap::new(),
            waits: HashMap::new(),
            gates: HashMap::new(),
            guards: HashMap::new(),
            failures: Vec::new(),
            broken: None,
            counts: crate::event::Counts::default(),
        }
    }

    async fn run(mut self) -> Result<(), BuildError> {
        let mut interrupted = false;
        while !self.schedule.is_over() {
            let message = tokio::select! {
                message = self.messages.1.recv() => message.expect("this side holds a sender too"),
                () = self.executor.interrupt.stopped(), if !interrupted => {
                    interrupted = true;
                    self.happened(Happened::Stop);
                    continue;
                }
            };
            self.take(message);
        }
        // Cancelled builds end when their futures are dropped; wait for that, so that nothing is sent after the last event.
        for (_, build) in self.builds.drain().chain(self.waits.drain()) {
            build.abort();
            let _aborted = build.await;
        }
        if interrupted {
            return Err(BuildError::Interrupted);
        }
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        if self.failures.is_empty() { Ok(()) } else { Err(BuildError::Steps(self.failures)) }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Asked { vertex, build, reply } => {
                self.gates.entry(vertex).or_default().push(reply);
                self.happened(Happened::Asked { vertex, build });
            }
            Message::Ended(vertex) => self.happened(Happened::Ended(vertex)),
            Message::Locks { vertex, guards } => {
                self.guards.insert(vertex, guards);
                self.happened(Happened::Locked(vertex));
            }
            Message::LockFailed(error) => {
                self.broken.get_or_insert(error.into());
                self.happened(Happened::Stop);
            }
            Message::Finished { vertex, result } => self.finished(vertex, &result),
        }
    }

    fn finished(&mut self, vertex: VertexId, result: &Result<(), EngineError>) {
        self.builds.remove(&vertex);
        self.release(vertex);
        let live = self.schedule.state(vertex).is_some_and(|state| !state.is_final());
        if let (true, Err(error)) = (live, result) {
            self.failed(vertex, error);
        }
        self.happened(Happened::Finished { vertex, ok: result.is_ok() });
    }

    fn failed(&mut self, vertex: VertexId, error: &EngineError) {
        if matches!(error, EngineError::NoEngine { .. } | EngineError::Connection { .. }) {
            self.broken.get_or_insert(error.clone().into());
            self.happened(Happened::Stop);
            return;
        }
        let steps = &self.executor.steps;
        let Some(step) = steps.get(vertex) else { return };
        let source = self.graph.get(&vertex).map_or(CopySource::State, |vertex| CopySource::of(self.graph, vertex));
        let failure = Arc::new(failure::of_step(&step, source, error, steps.last_output(vertex)));
        self.failures.push(failure.clone());
        steps.tell(vertex, StepState::Failed { took: steps.took(vertex).unwrap_or_default(), failure });
    }

    fn release(&mut self, vertex: VertexId) {
        self.guards.remove(&vertex);
        self.gates.remove(&vertex);
        if let Some(wait) = self.waits.remove(&vertex) {
            wait.abort();
        }
    }

    fn happened(&mut self, event: Happened) {
        let actions = self.schedule.apply(event);
        self.act(actions);
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Submit(id) => self.submit(id),
                Action::TakeLocks(id) => self.try_locks(id),
                Action::WaitForLocks(id) => self.wait_for_locks(id),
                Action::GiveBackLocks(id) => drop(self.guards.remove(&id)),
                Action::Open(id) => self.answer(id, Answer::Open),
                Action::Refuse(id) => self.answer(id, Answer::Refuse),
                Action::Cancel(id) => {
                    if let Some(build) = self.builds.get(&id) {
                        build.abort();
                    }
                    self.release(id);
                }
                Action::Changed(id, state) => self.tell(id, state),
            }
        }
        let counts = self.schedule.counts();
        if counts != self.counts {
            self.counts = counts;
            self.executor.sink.send(Event::Counts(counts));
        }
    }

    fn tell(&mut self, id: VertexId, state: State) {
        let steps = &self.executor.steps;
        match state {
            State::Ready => steps.tell(id, StepState::Queued),
            State::Running => {
                steps.begin(id);
                steps.tell(id, StepState::Running);
            }
            State::Done => {
                // A regained result's locks go as soon as its process ends.
                self.guards.remove(&id);
                let took = steps.took(id);
                if let (Some(took), Some(own)) = (took, self.graph.get(&id).and_then(|vertex| process_own(&vertex.op)))
                {
                    self.executor.durations.note(&own, took);
                }
                steps.tell(id, took.map_or(StepState::Cached, |took| StepState::Done { took }));
            }
            State::Dropped => steps.tell(id, StepState::Cancelled),
            State::Waiting
            | State::Submitted
            | State::AtGate
            | State::Locking
            | State::WaitingForLock
            | State::Ending
            | State::Failed => {}
        }
    }

    fn answer(&mut self, id: VertexId, answer: Answer) {
        for gate in self.gates.remove(&id).into_iter().flatten() {
            // The engine may have given up asking.
            let _unheard = gate.send(answer);
        }
    }

    fn submit(&mut self, id: VertexId) {
        let (engine, graph) = (self.executor.engine.clone(), self.graph.clone());
        let observer =
            Arc::new(Gatekeeper { build: id, messages: self.messages.0.clone(), steps: self.executor.steps.clone() });
        let messages = self.messages.0.clone();
        // Nobody asks at a gate for what is no step; whether it was cached the engine tells.
        self.executor.steps.begin_work(id, false);
        let build = tokio::spawn(async move {
            // A panic has printed its own message; the build must still come to an end.
            let defect = |_| Err(EngineError::Other("rbuild panicked; this is a defect, please report it".to_owned()));
            let result = AssertUnwindSafe(engine.run(&graph, id, observer)).catch_unwind().await.unwrap_or_else(defect);
            let _gone = messages.send(Message::Finished { vertex: id, result });
        });
        self.builds.insert(id, build);
    }

    fn holder(&self, id: VertexId) -> HolderInfo {
        HolderInfo::here(self.executor.steps.get(id).map_or_else(String::new, |step| step.target.to_string()))
    }

    fn try_locks(&mut self, id: VertexId) {
        let Some(vertex) = self.graph.get(&id) else { return };
        let mut wanted = locks_of(vertex);
        wanted.sort();
        wanted.dedup();
        let holder = self.holder(id);
        let mut guards = Vec::new();
        for (key, mode) in &wanted {
            match self.executor.locks.try_lock(key, *mode, &holder) {
                Ok(Some(guard)) => guards.push(guard),
                Ok(None) => return self.happened(Happened::LockBusy(id)),
                Err(error) => return self.take(Message::LockFailed(error)),
            }
        }
        self.guards.insert(id, guards);
        self.happened(Happened::Locked(id));
    }

    fn wait_for_locks(&mut self, id: VertexId) {
        let Some(vertex) = self.graph.get(&id) else { return };
        let (mut wanted, holder) = (locks_of(vertex), self.holder(id));
        wanted.sort();
        wanted.dedup();
        let (locks, steps) = (self.executor.locks.clone(), self.executor.steps.clone());
        let options = WaitOptions { timeout: self.executor.limits.lock_timeout, ..WaitOptions::default() };
        let messages = self.messages.0.clone();
        let wait = tokio::spawn(async move {
            let on_wait = |wait: Wait| steps.tell(id, waiting(&wait));
            let message = match locks.lock(&wanted, &holder, options, on_wait).await {
                Ok(guards) => Message::Locks { vertex: id, guards },
                Err(error) => Message::LockFailed(error),
            };
            let _gone = messages.send(message);
        });
        self.waits.insert(id, wait);
    }
}

fn waiting(wait: &Wait) -> StepState {
    let holder = wait.holders.first().map(|holder| format!("{}, pid {}", holder.target, holder.pid));
    StepState::WaitingForLock { lock: format!("{} {}", wait.key.kind(), wait.key.name()), holder, waited: wait.waited }
}
