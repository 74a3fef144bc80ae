//! The loop between the schedule and the world: calls, the engine's builds, gates, locks, and the user's wish to stop.

use super::attempts::Attempts;
use super::claims::{Roots, claims_anything};
use super::host::HostWaits;
use super::memory::Promises;
use super::message::{Message, Request, Setting, Survey};
use super::requests::Requests;
use crate::digest::VertexId;
use crate::engine::Answer;
use crate::event::Counts;
use crate::graph::encode::process_own;
use crate::graph::{Graph, Op, Vertex};
use crate::lock::Guard;
use crate::run::failure::BuildError;
use crate::run::schedule::{Action, Call, Caps, Event as Happened, Kind, Schedule, Setup, State};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

/// What a step takes about which nothing is known.
const UNKNOWN_STEP: Duration = Duration::from_secs(1);
/// What everything but a step takes.
const OTHER_WORK: Duration = Duration::from_millis(10);

/// The state of the loop.
pub struct Dispatch {
    pub(super) setting: Arc<Setting>,
    pub(super) schedule: Schedule,
    messages: (mpsc::UnboundedSender<Message>, mpsc::UnboundedReceiver<Message>),
    pub(super) vertices: HashMap<VertexId, Arc<Vertex>>,
    /// A graph that has the vertex, as long as it may be run.
    pub(super) graphs: HashMap<VertexId, Arc<Graph>>,
    pub(super) requests: Requests,
    pub(super) builds: Attempts,
    pub(super) waits: Attempts,
    /// Who asks at each gate: after a retry there may be two.
    pub(super) gates: HashMap<VertexId, Vec<oneshot::Sender<Answer>>>,
    pub(super) guards: HashMap<VertexId, Vec<Guard>>,
    pub(super) roots: Roots,
    /// The one wait for a slot of the whole machine.
    pub(super) host: Attempts<()>,
    /// Whether steps of this process had slots when that wait began.
    pub(super) host_beside_own: bool,
    /// The slot that came, until a step gets it.
    pub(super) host_slot: Option<Guard>,
    pub(super) host_guards: HashMap<VertexId, Guard>,
    pub(super) host_waits: HostWaits,
    /// When memory is read again for a step that is held back.
    pub(super) read_memory_at: Option<Instant>,
    pub(super) promises: Promises,
    pub(super) tried_alone: HashSet<VertexId>,
    pub(super) counts: Counts,
    /// What is to be done, in this order.
    pub(super) actions: VecDeque<Action>,
    ends: Vec<oneshot::Sender<Option<BuildError>>>,
}

impl Dispatch {
    /// A loop that has nothing to do yet.
    pub fn new(setting: Arc<Setting>) -> Self {
        let caps = Caps {
            limit: setting.limits.parallelism,
            host: setting.limits.host_parallelism.is_some(),
            memory: setting.pressure.is_some(),
        };
        let schedule = Schedule::new(caps, setting.limits.keep_going);
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
            roots: Roots::default(),
            host: Attempts::default(),
            host_beside_own: false,
            host_slot: None,
            host_guards: HashMap::new(),
            host_waits: HostWaits::default(),
            read_memory_at: None,
            promises: Promises::default(),
            tried_alone: HashSet::new(),
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
            if self.builds.are_over() && self.waits.are_over() && self.host.are_over() {
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
                () = self.host.ended() => {}
                () = at(self.host_waits.due()) => self.host_waits.tell(&self.setting.steps),
                () = at(self.read_memory_at) => self.read_memory(),
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
                    self.happened(Happened::Asked { vertex, build: build.key });
                }
            }
            Message::Ended { vertex, build } => {
                if self.builds.is_current(build) {
                    self.happened(Happened::Ended(vertex));
                }
            }
            Message::Finished { build, result } => {
                if self.builds.finish(build) {
                    self.finished(build.key, &result);
                }
            }
            Message::Locks { wait, result } => {
                if self.waits.finish(wait) {
                    self.got_locks(wait.key, result);
                }
            }
            Message::Host { wait, result } => {
                if self.host.finish(wait) {
                    self.got_host_slot(result);
                }
            }
            Message::Peak { vertex, bytes } => self.note_peak(vertex, bytes),
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
        let own = process_own(&vertex.op);
        let memory = own.and_then(|own| self.setting.peaks.get(&own)).unwrap_or_default();
        let (kind, took) = match &vertex.op {
            op if op.is_step() => {
                let took = own.and_then(|own| self.setting.durations.get(&own)).unwrap_or(UNKNOWN_STEP);
                (Kind::Step { locks: claims_anything(vertex) }, took)
            }
            Op::Local(_) => (Kind::Context, OTHER_WORK),
            Op::Image(_) => (Kind::Image, OTHER_WORK),
            _ => (Kind::File, OTHER_WORK),
        };
        let cost = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Setup { id: vertex.id, kind, inputs: vertex.dependencies(), cost, memory, known }
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

    pub(super) fn happened(&mut self, event: Happened) {
        self.actions.extend(self.schedule.apply(event));
    }

    /// Something that no other step would get around.
    pub(super) fn broken(&mut self, vertex: VertexId, error: BuildError) {
        self.requests.stopped_by(Some(vertex), error);
        self.happened(Happened::Stop);
    }

    /// The same, and it is about no vertex.
    pub(super) fn broken_everywhere(&mut self, error: BuildError) {
        self.requests.stopped_by(None, error);
        self.happened(Happened::Stop);
    }
}

/// Returns at that time; never if there is none.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
