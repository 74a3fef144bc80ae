//! The loop between the schedule and the world: calls, the engine's builds, gates, locks, and the user's wish to stop.

use super::attempt::{Attempts, Task};
use super::executor::Limits;
use super::failure::{self, BuildError, CopySource};
use super::gatekeeper::Gatekeeper;
use super::interrupt::Interrupt;
use super::locks::{locks_of, waiting};
use super::requests::Requests;
use super::schedule::{Action, Call, Event as Happened, Kind, Schedule, Setup, State};
use super::steps::Steps;
use crate::cache::Durations;
use crate::digest::VertexId;
use crate::engine::{Answer, Engine, EngineError};
use crate::event::{Counts, Event, StepState};
use crate::graph::encode::exec_own;
use crate::graph::{Graph, Op, Vertex};
use crate::lock::{Guard, HolderInfo, LockDir, LockError, Wait, WaitOptions};
use futures_util::FutureExt;
use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// What a step takes about which nothing is known.
const UNKNOWN_STEP: Duration = Duration::from_secs(1);
/// What everything but a step takes.
const OTHER_WORK: Duration = Duration::from_millis(10);

/// What an executor works with.
pub struct Setting {
    pub engine: Arc<dyn Engine>,
    pub steps: Arc<Steps>,
    pub locks: Arc<LockDir>,
    pub limits: Limits,
    pub interrupt: Interrupt,
    pub durations: Arc<Durations>,
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
    /// A build is over.
    Finished { build: Task, result: Result<(), EngineError> },
    /// Locks are taken, or could not be taken at all.
    Locks { wait: Task, result: Result<Vec<Guard>, LockError> },
    /// Nothing more is wanted.
    End(oneshot::Sender<Option<BuildError>>),
}

/// The state of the loop.
pub struct Dispatch {
    setting: Arc<Setting>,
    schedule: Schedule,
    messages: (mpsc::UnboundedSender<Message>, mpsc::UnboundedReceiver<Message>),
    vertices: HashMap<VertexId, Arc<Vertex>>,
    /// A graph that has the vertex, as long as it may be run.
    graphs: HashMap<VertexId, Arc<Graph>>,
    requests: Requests,
    builds: Attempts,
    waits: Attempts,
    /// Who asks at each gate: after a retry there may be two.
    gates: HashMap<VertexId, Vec<oneshot::Sender<Answer>>>,
    guards: HashMap<VertexId, Vec<Guard>>,
    counts: Counts,
    /// What is to be done, in this order.
    actions: VecDeque<Action>,
    ends: Vec<oneshot::Sender<Option<BuildError>>>,
}

impl Dispatch {
    /// A loop that has nothing to do yet.
    pub fn new(setting: Arc<Setting>) -> Self {
        let schedule = Schedule::new(setting.limits.parallelism, setting.limits.keep_going);
        Self {
            setting,
            schedule,
            messages: mpsc::unbounded_channel(),
            vertices: HashMap::new(),
            graphs: HashMap::new(),
            requests: Requests::default(),
            builds: Attempts::default(),
            waits: Attempts::default(),
            gates: HashMap::new(),
            guards: HashMap::new(),
            counts: Counts::default(),
            actions: VecDeque::new(),
            ends: Vec::new(),
        }
    }

    /// Where it hears.
    pub fn messages(&self) -> mpsc::UnboundedSender<Message> {
        self.messages.0.clone()
    }

    /// Runs until it is told to end.
    pub async fn run(mut self) {
        let mut interrupted = false;
        loop {
            // What was cancelled has ended, so that nothing is told after the answers.
            if self.builds.are_over() && self.waits.are_over() {
                self.requests.answer_held();
                if !self.ends.is_empty() {
                    break;
                }
            }
            tokio::select! {
                message = self.messages.1.recv() => self.take(message.expect("this side holds a sender too")),
                () = self.setting.interrupt.stopped(), if !interrupted => {
                    interrupted = true;
                    self.requests.stopped_by(None, BuildError::Interrupted);
                    self.happened(Happened::Stop);
                }
                () = self.builds.ended() => {}
                () = self.waits.ended() => {}
            }
            self.act();
        }
        for end in self.ends {
            let _unheard = end.send(self.requests.stop().cloned());
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Called { call, request, reply } => self.called(call, request, reply),
            Message::Abandoned(call) => {
                self.requests.abandon(call);
                self.happened(Happened::Abandoned(call));
            }
            Message::Survey { ids, reply } => {
                let _unheard = reply.send(self.survey(&ids));
            }
            Message::Asked { vertex, build, reply } => {
                if self.builds.is_current(build) {
                    self.gates.entry(vertex).or_default().push(reply);
                    self.happened(Happened::Asked { vertex, build: build.vertex });
                }
            }
            Message::Ended { vertex, build } => {
                if self.builds.is_current(build) {
                    self.happened(Happened::Ended(vertex));
                }
            }
            Message::Finished { build, result } => {
                if self.builds.finish(build) {
                    self.finished(build.vertex, &result);
                }
            }
            Message::Locks { wait, result } => {
                if self.waits.finish(wait) {
                    self.got_locks(wait.vertex, result);
                }
            }
            Message::End(reply) => {
                self.ends.push(reply);
                self.happened(Happened::Stop);
            }
        }
    }

    fn called(&mut self, call: Call, request: Request, reply: oneshot::Sender<Result<(), BuildError>>) {
        let Request { graph, goals, vertices, known, again } = request;
        let setups: Vec<Setup> = vertices.iter().map(|vertex| self.setup(vertex, known.contains(&vertex.id))).collect();
        for vertex in vertices {
            let state = self.schedule.state(vertex.id).unwrap_or(State::Abandoned);
            if !state.is_final() || state == State::Abandoned || (again && goals.contains(&vertex.id)) {
                self.graphs.entry(vertex.id).or_insert_with(|| graph.clone());
            }
            self.vertices.entry(vertex.id).or_insert(vertex);
        }
        self.requests.open(call, goals.clone(), reply);
        let actions = match goals.first().filter(|_| again) {
            Some(goal) => self.schedule.again(call, *goal),
            None => self.schedule.add(call, setups),
        };
        self.actions.extend(actions);
    }

    fn setup(&self, vertex: &Vertex, known: bool) -> Setup {
        let (kind, took) = match &vertex.op {
            Op::Exec(_) | Op::Docker(_) => {
                let own = vertex.op.exec().map(exec_own);
                let took = own.and_then(|own| self.setting.durations.get(&own)).unwrap_or(UNKNOWN_STEP);
                (Kind::Step { locks: !locks_of(vertex).is_empty() }, took)
            }
            Op::File(_) => (Kind::File, OTHER_WORK),
            Op::Local(_) => (Kind::Context, OTHER_WORK),
            Op::Image(_) => (Kind::Image, OTHER_WORK),
        };
        let cost = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Setup { id: vertex.id, kind, inputs: vertex.dependencies(), cost, known }
    }

    fn survey(&self, ids: &[VertexId]) -> Survey {
        let (mut live, mut settled) = (HashSet::new(), HashSet::new());
        for id in ids {
            match self.schedule.state(*id) {
                None | Some(State::Abandoned) => {}
                Some(state) if state.is_final() => drop(settled.insert(*id)),
                Some(_) => drop(live.insert(*id)),
            }
        }
        Survey { live, settled }
    }

    fn finished(&mut self, vertex: VertexId, result: &Result<(), EngineError>) {
        self.release(vertex);
        let live = self.schedule.state(vertex).is_some_and(|state| !state.is_final());
        if let (true, Err(error)) = (live, result) {
            self.failed(vertex, error);
        }
        self.happened(Happened::Finished { vertex, ok: result.is_ok() });
    }

    fn failed(&mut self, vertex: VertexId, error: &EngineError) {
        if matches!(error, EngineError::NoEngine { .. } | EngineError::Connection { .. }) {
            return self.broken(vertex, error.clone().into());
        }
        let steps = &self.setting.steps;
        let Some(step) = steps.get(vertex) else { return };
        let graph = self.graphs.get(&vertex);
        let source = graph.and_then(|graph| Some(CopySource::of(graph, graph.get(&vertex)?)));
        let source = source.unwrap_or(CopySource::State);
        let failure = Arc::new(failure::of_step(&step, source, error, steps.last_output(vertex)));
        self.requests.failed(vertex, failure.clone(), !self.setting.limits.keep_going);
        let steps = &self.setting.steps;
        steps.tell(vertex, StepState::Failed { took: steps.took(vertex).unwrap_or_default(), failure });
    }

    /// Something that no other step would get around.
    fn broken(&mut self, vertex: VertexId, error: BuildError) {
        self.requests.stopped_by(Some(vertex), error);
        self.happened(Happened::Stop);
    }

    fn release(&mut self, vertex: VertexId) {
        self.guards.remove(&vertex);
        self.gates.remove(&vertex);
        self.waits.cancel(vertex, Vec::new());
    }

    fn happened(&mut self, event: Happened) {
        self.actions.extend(self.schedule.apply(event));
    }

    fn act(&mut self) {
        while let Some(action) = self.actions.pop_front() {
            match action {
                Action::Submit(id) => self.submit(id),
                Action::TakeLocks(id) => self.try_locks(id),
                Action::WaitForLocks(id) => self.wait_for_locks(id),
                Action::GiveBackLocks(id) => drop(self.guards.remove(&id)),
                Action::Open(id) => self.answer(id, Answer::Open),
                Action::Refuse(id) => self.answer(id, Answer::Refuse),
                Action::Cancel(id) => {
                    // What it holds is free when the engine was told.
                    let guards = self.guards.remove(&id).unwrap_or_default();
                    self.builds.cancel(id, guards);
                    self.release(id);
                }
                Action::Changed(id, state) => self.changed(id, state),
                Action::Complete(call) => self.requests.complete(call, &self.schedule),
            }
        }
        let counts = self.schedule.counts();
        if counts != self.counts {
            self.counts = counts;
            self.setting.steps.send(Event::Counts(counts));
        }
    }

    fn changed(&mut self, id: VertexId, state: State) {
        let steps = &self.setting.steps;
        steps.moved(id, state);
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
                if let (Some(took), Some(exec)) = (took, self.vertices.get(&id).and_then(|vertex| vertex.op.exec())) {
                    self.setting.durations.note(&exec_own(exec), took);
                }
                steps.tell(id, took.map_or(StepState::Cached, |took| StepState::Done { took }));
            }
            State::Dropped | State::Abandoned => steps.tell(id, StepState::Cancelled),
            State::Waiting => steps.reopen(id),
            State::Submitted
            | State::AtGate
            | State::Locking
            | State::WaitingForLock
            | State::Ending
            | State::Failed => {}
        }
        if state.is_final() {
            self.graphs.remove(&id);
        }
    }

    fn answer(&mut self, id: VertexId, answer: Answer) {
        for gate in self.gates.remove(&id).into_iter().flatten() {
            // The engine may have given up asking.
            let _unheard = gate.send(answer);
        }
    }

    fn submit(&mut self, id: VertexId) {
        let Some(graph) = self.graphs.get(&id).cloned() else { return };
        let engine = self.setting.engine.clone();
        let steps = self.setting.steps.clone();
        let messages = self.messages();
        // Nobody asks at a gate for what is no step; whether it was cached the engine tells.
        steps.begin_work(id, false);
        self.builds.start(id, |build| async move {
            let observer = Arc::new(Gatekeeper { build, messages: messages.clone(), steps });
            // A panic has printed its own message; the build must still come to an end.
            let defect = |_| Err(EngineError::Other("rbuild panicked; this is a defect, please report it".to_owned()));
            let result = AssertUnwindSafe(engine.run(&graph, id, observer)).catch_unwind().await.unwrap_or_else(defect);
            let _gone = messages.send(Message::Finished { build, result });
        });
    }

    fn holder(&self, id: VertexId) -> HolderInfo {
        HolderInfo::here(self.setting.steps.get(id).map_or_else(String::new, |step| step.target.to_string()))
    }

    fn try_locks(&mut self, id: VertexId) {
        let Some(vertex) = self.vertices.get(&id) else { return };
        let holder = self.holder(id);
        let mut guards = Vec::new();
        for (key, mode) in &locks_of(vertex) {
            match self.setting.locks.try_lock(key, *mode, &holder) {
                Ok(Some(guard)) => guards.push(guard),
                Ok(None) => return self.happened(Happened::LockBusy(id)),
                Err(error) => return self.broken(id, error.into()),
            }
        }
        self.guards.insert(id, guards);
        self.happened(Happened::Locked(id));
    }

    fn wait_for_locks(&mut self, id: VertexId) {
        let Some(vertex) = self.vertices.get(&id) else { return };
        let (wanted, holder) = (locks_of(vertex), self.holder(id));
        let (locks, steps) = (self.setting.locks.clone(), self.setting.steps.clone());
        let options = WaitOptions { timeout: self.setting.limits.lock_timeout, ..WaitOptions::default() };
        let messages = self.messages();
        self.waits.start(id, |wait| async move {
            let on_wait = |wait: Wait| steps.tell(id, waiting(&wait));
            let result = locks.lock(&wanted, &holder, options, on_wait).await;
            let _gone = messages.send(Message::Locks { wait, result });
        });
    }

    fn got_locks(&mut self, id: VertexId, result: Result<Vec<Guard>, LockError>) {
        match result {
            Ok(guards) => {
                self.guards.insert(id, guards);
                self.happened(Happened::Locked(id));
            }
            Err(error) => self.broken(id, error.into()),
        }
    }
}
