//! What others see of the executor: calls that bring about results.

use super::caches::{CacheChoices, Caches};
use super::dispatch::{Dispatch, Message, Request, Setting};
use super::failure::BuildError;
use super::gatekeeper::Refuser;
use super::host::HostAnswer;
use super::interrupt::Interrupt;
use super::schedule::Call;
use super::skip::Witness;
use super::steps::Steps;
use crate::cache::{Durations, Peaks};
use crate::digest::VertexId;
use crate::engine::{Engine, EngineError, OpenConsole};
use crate::event::{Event, Sink};
use crate::graph::{Graph, Op, Output, Vertex};
use crate::history::Record;
use crate::lock::LockDir;
use crate::machine::Pressure;
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::AbortHandle;

/// How often a file is read whose step the engine wants to run once more.
const READS: usize = 10;

/// Caps and choices of an invocation.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Steps that run at the same time, at least 1.
    pub parallelism: usize,
    /// Whether a failure stops only what needs its result.
    pub keep_going: bool,
    /// For how long a step may wait for locks; `None` is for ever.
    pub lock_timeout: Option<Duration>,
    /// Steps that all processes on one cache directory run at the same time, at least 1; `None`: nobody counts.
    pub host_parallelism: Option<usize>,
    /// Data roots in each pool of `WITH DOCKER`, at least 1.
    pub docker_cache_roots: usize,
}

/// Runs graphs on an engine. All calls share one schedule, one cap and one set of locks.
///
/// Dropping it cancels everything that is under way; [`Executor::finish`] waits for that.
pub struct Executor {
    setting: Arc<Setting>,
    dispatcher: OnceLock<Dispatcher>,
    calls: AtomicU64,
    /// Who brings a lost result about again, and uses it.
    restoring: Mutex<()>,
    witness: Option<Arc<Witness>>,
}

/// The task that runs the loop.
struct Dispatcher {
    messages: mpsc::UnboundedSender<Message>,
    task: AbortHandle,
}

impl Drop for Dispatcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A call that is open; dropping it abandons the call.
struct Open {
    call: Call,
    messages: mpsc::UnboundedSender<Message>,
}

impl Drop for Open {
    fn drop(&mut self) {
        // A dispatcher that is gone has nothing under way.
        let _gone = self.messages.send(Message::Abandoned(self.call));
    }
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
        let steps = Arc::new(Steps::new(sink));
        let peaks = Arc::default();
        let answers = Arc::default();
        let setting = Setting {
            engine,
            steps,
            answers,
            locks,
            limits,
            interrupt,
            durations,
            peaks,
            pressure: None,
            console: None,
            caches: Arc::default(),
        };
        Self::of(setting, None)
    }

    fn of(setting: Setting, witness: Option<Arc<Witness>>) -> Self {
        let (dispatcher, calls, restoring) = (OnceLock::new(), AtomicU64::new(0), Mutex::default());
        Self { setting: Arc::new(setting), dispatcher, calls, restoring, witness }
    }

    /// The same, but a further step begins only while there is memory for it. `peaks` tells how much steps needed in earlier runs,
    /// and takes what they need in this one. A step that is killed for want of memory is tried once more, alone.
    #[must_use]
    pub fn with_memory(self, pressure: Arc<dyn Pressure>, peaks: Arc<Peaks>) -> Self {
        self.with(|setting| Setting { peaks, pressure: Some(pressure), ..setting })
    }

    /// The same with a console for steps that somebody works with.
    #[must_use]
    pub fn with_console(self, console: OpenConsole) -> Self {
        self.with(|setting| Setting { console: Some(console), ..setting })
    }

    /// The same with caches in registries.
    #[must_use]
    pub fn with_caches(self, choices: CacheChoices) -> Self {
        self.with(|setting| Setting { caches: Arc::new(Caches::new(choices)), ..setting })
    }

    /// The same with a witness, who is told what evaluation sees and what is written.
    #[must_use]
    pub fn with_witness(self, witness: Option<Arc<Witness>>) -> Self {
        Self { witness, ..self }
    }

    fn with(self, change: impl FnOnce(Setting) -> Setting) -> Self {
        Self::of(change(Setting::clone(&self.setting)), self.witness)
    }

    /// Brings about the results of all goals. May be called from many tasks at once, with different graphs; what several calls want
    /// runs once, and what was done once is done. Dropping the future cancels what nobody else wants.
    ///
    /// # Errors
    /// The failures of steps that the goals need, or what else stopped it: [`BuildError::Stopped`] when it was something that the
    /// goals do not need. Everything that the call alone had under way has been cancelled then.
    pub async fn execute(&self, graph: &Arc<Graph>, goals: &[VertexId]) -> Result<(), BuildError> {
        let vertices = graph.closure(goals.iter().copied());
        self.setting.steps.add(&vertices);
        let asking = async {
            self.caches().look_up(self.engine(), |event| self.tell(event)).await;
            self.probe(graph, goals, &vertices).await
        };
        let known = tokio::select! {
            known = asking => known?,
            () = self.setting.interrupt.stopped() => return Err(BuildError::Interrupted),
        };
        let request = Request { graph: graph.clone(), goals: goals.to_vec(), vertices, known, again: false };
        self.request(request).await
    }

    /// Brings about a result again that the engine has lost since it was done.
    ///
    /// # Errors
    /// As for [`Executor::execute`].
    pub async fn restore(&self, graph: &Arc<Graph>, goal: VertexId) -> Result<(), BuildError> {
        let request = Request {
            graph: graph.clone(),
            goals: vec![goal],
            vertices: graph.closure([goal]),
            known: HashSet::new(),
            again: true,
        };
        self.request(request).await
    }

    /// Does something with a result that is there. Where the engine has thrown it away, or does not find it while others use what stands
    /// on the same files, it is brought about again, one at a time; up to so many tries.
    pub(super) async fn with_result<T, F>(
        &self,
        graph: &Arc<Graph>,
        vertex: Option<VertexId>,
        tries: usize,
        work: impl Fn() -> F,
    ) -> Result<T, BuildError>
    where
        F: Future<Output = Result<T, EngineError>>,
    {
        let mut done = work().await;
        for _ in 1..tries {
            let (Err(EngineError::Refused), Some(vertex)) = (&done, vertex) else { break };
            let _alone = self.restoring.lock().await;
            self.restore(graph, vertex).await?;
            done = work().await;
        }
        done.map_err(BuildError::from)
    }

    /// Reads a file of a result that has been brought about.
    pub(super) async fn read_file(
        &self,
        graph: &Arc<Graph>,
        output: Output,
        path: &str,
    ) -> Result<Vec<u8>, BuildError> {
        let read = self.with_result(graph, Some(output.vertex), READS, || self.engine().read_file(graph, output, path));
        tokio::select! {
            read = read => read,
            () = self.setting.interrupt.stopped() => Err(BuildError::Interrupted),
        }
    }

    /// Ends it: nothing more begins, what is under way is cancelled, and no event is sent afterwards. Gives what had stopped
    /// everything before, if something had: the first failure of a step, an engine or a lock, or the user.
    pub async fn finish(&self) -> Option<BuildError> {
        let (reply, end) = oneshot::channel();
        self.dispatcher.get()?.messages.send(Message::End(reply)).ok()?;
        end.await.ok().flatten()
    }

    async fn request(&self, request: Request) -> Result<(), BuildError> {
        let messages = self.messages();
        let call = Call(self.calls.fetch_add(1, Ordering::Relaxed));
        let (reply, answer) = oneshot::channel();
        let open = Open { call, messages: messages.clone() };
        let gone = || if self.setting.interrupt.is_stopped() { BuildError::Interrupted } else { BuildError::Stopped };
        messages.send(Message::Called { call, request, reply }).map_err(|_| gone())?;
        let result = answer.await.unwrap_or_else(|_| Err(gone()));
        drop(open);
        result
    }

    /// The way to the dispatcher, which begins with the first call.
    fn messages(&self) -> mpsc::UnboundedSender<Message> {
        let dispatcher = self.dispatcher.get_or_init(|| {
            let dispatch = Dispatch::new(self.setting.clone());
            let messages = dispatch.messages();
            Dispatcher { messages, task: tokio::spawn(dispatch.run()).abort_handle() }
        });
        dispatcher.messages.clone()
    }

    /// What all that was executed did so far.
    #[must_use]
    pub fn record(&self) -> Record {
        self.setting.steps.history(self.setting.limits.parallelism)
    }

    /// The engine.
    pub(super) fn engine(&self) -> &dyn Engine {
        &*self.setting.engine
    }

    /// The caches in registries.
    pub(super) fn caches(&self) -> &Caches {
        &self.setting.caches
    }

    /// What a command of this machine answered that is done.
    pub(super) fn host_answer(&self, vertex: VertexId) -> Option<HostAnswer> {
        self.setting.answers.get(vertex)
    }

    /// Who is to know what is read and written.
    pub(super) fn witness(&self) -> Option<&Arc<Witness>> {
        self.witness.as_ref()
    }

    /// What is shown of the steps.
    pub(super) fn steps(&self) -> &Steps {
        &self.setting.steps
    }

    /// Whether a failure stops only what needs its result.
    pub(super) fn keeps_going(&self) -> bool {
        self.setting.limits.keep_going
    }

    /// Sends an event.
    pub(super) fn tell(&self, event: Event) {
        self.setting.steps.send(event);
    }

    /// An observer that lets nothing run.
    pub(super) fn refuser(&self) -> Arc<Refuser> {
        Arc::new(Refuser { asked: Default::default(), steps: self.setting.steps.clone() })
    }

    /// The vertices that are known to be cached. Nothing is asked about goals that other calls are busy with.
    async fn probe(
        &self,
        graph: &Arc<Graph>,
        goals: &[VertexId],
        vertices: &[Arc<Vertex>],
    ) -> Result<HashSet<VertexId>, BuildError> {
        let goals = self.idle(&of_the_engine(goals, vertices), vertices).await;
        if goals.is_empty() {
            return Ok(HashSet::new());
        }
        let observer = self.refuser();
        let answers = match self.setting.engine.probe(graph, &goals, observer.clone()).await {
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

    /// The goals that the schedule knows nothing of yet, and that need nothing which is under way.
    async fn idle(&self, goals: &[VertexId], vertices: &[Arc<Vertex>]) -> Vec<VertexId> {
        let Some(dispatcher) = self.dispatcher.get() else { return goals.to_vec() };
        let (reply, answer) = oneshot::channel();
        let ids = vertices.iter().map(|vertex| vertex.id).collect();
        if dispatcher.messages.send(Message::Survey { ids, reply }).is_err() {
            return Vec::new();
        }
        let Ok(survey) = answer.await else { return Vec::new() };
        let mut busy = survey.live;
        for vertex in vertices {
            if vertex.dependencies().iter().any(|input| busy.contains(input)) {
                busy.insert(vertex.id);
            }
        }
        goals.iter().copied().filter(|goal| !busy.contains(goal) && !survey.settled.contains(goal)).collect()
    }
}

/// What an engine can be asked about: the goals, and where a goal needs a command of this machine, which runs in any case, the
/// vertices that need none and are used by one that does.
fn of_the_engine(goals: &[VertexId], vertices: &[Arc<Vertex>]) -> Vec<VertexId> {
    let mut after: HashSet<VertexId> = HashSet::new();
    // Inputs come first.
    for vertex in vertices {
        if matches!(vertex.op, Op::Host(_)) || vertex.dependencies().iter().any(|input| after.contains(input)) {
            after.insert(vertex.id);
        }
    }
    let used = vertices.iter().filter(|vertex| after.contains(&vertex.id)).flat_map(|vertex| vertex.dependencies());
    let mut seen = HashSet::new();
    goals.iter().copied().chain(used).filter(|id| !after.contains(id) && seen.insert(*id)).collect()
}
