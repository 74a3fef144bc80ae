//! What is shown of each vertex, and the last lines that it printed.

use super::failure::CLIPPED;
use super::recorder::{Phase, Recorder};
use super::schedule::State;
use crate::digest::VertexId;
use crate::event::{Event, Failure, Sink, Step, StepPhase, StepState, Stream};
use crate::graph::{LocalSource, Op, Vertex, encode};
use crate::history::{How, Output, Record, Spent};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Lines of a step's output that are kept for the case that it fails.
const KEPT_LINES: usize = 200;
/// Bytes of a line that are kept.
const KEPT_BYTES: usize = 4096;

/// The steps of one build.
pub struct Steps {
    sink: Arc<dyn Sink>,
    known: Mutex<HashMap<VertexId, Shown>>,
    /// Steps whose success is not told yet, and what there is to tell.
    held: Mutex<HashMap<VertexId, Option<StepState>>>,
    /// What is kept of the build, on a clock that began with it.
    recorder: Mutex<Recorder>,
    began: Instant,
}

struct Shown {
    step: Arc<Step>,
    lines: VecDeque<Vec<u8>>,
    began: Option<Instant>,
    work: Work,
    /// Whether its end has been told.
    ended: bool,
    /// Whether the last that was told is that it waits for its turn.
    queued: bool,
}

impl Steps {
    /// Steps that are told to `sink`.
    #[must_use]
    pub fn new(sink: Arc<dyn Sink>) -> Self {
        Self {
            sink,
            known: Mutex::default(),
            held: Mutex::default(),
            recorder: Mutex::default(),
            began: Instant::now(),
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<VertexId, Shown>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends an event. Everything that is told of a build passes here.
    pub fn send(&self, event: Event) {
        if let Some(output) = output(&event) {
            self.record(|recorder, _| recorder.made(output));
        }
        self.sink.send(event);
    }

    fn record(&self, note: impl FnOnce(&mut Recorder, Duration)) {
        note(&mut self.recorder.lock().unwrap_or_else(PoisonError::into_inner), self.began.elapsed());
    }

    /// Gets to know vertices.
    pub fn add(&self, vertices: &[Arc<Vertex>]) {
        let mut known = self.known();
        for vertex in vertices {
            let shown = known.entry(vertex.id).or_insert_with(|| Shown {
                step: Arc::new(step(vertex)),
                lines: VecDeque::new(),
                began: None,
                work: Work::of(&vertex.op),
                ended: false,
                queued: false,
            });
            self.record(|recorder, now| recorder.add(vertex, &shown.step, now));
        }
    }

    /// Notes a step's way through the schedule.
    pub fn moved(&self, id: VertexId, state: State) {
        let phase = match state {
            State::Ready => Phase::Ready,
            State::AtGate | State::Locking => Phase::In(Spent::WaitingForSlot),
            State::WaitingForLock => Phase::In(Spent::WaitingForLock { lock: None, holder: None }),
            State::WaitingForHost => Phase::In(Spent::WaitingForHost),
            State::Running => Phase::In(Spent::Running),
            State::Ending => Phase::In(Spent::Ending),
            State::Waiting | State::Submitted | State::Dropped | State::Abandoned => Phase::Aside,
            // How long it took is told with its end.
            State::Done | State::Failed => return,
        };
        self.record(|recorder, now| recorder.moved(id, phase, now));
    }

    /// Notes which lock a step waits for, before there is a holder to tell of.
    pub fn wants_lock(&self, id: VertexId, lock: &str) {
        self.record(|recorder, now| recorder.waits_for_lock(id, lock, None, now));
    }

    /// What the steps did so far, with the cap of the build.
    pub fn history(&self, limit: usize) -> Record {
        self.recorder.lock().unwrap_or_else(PoisonError::into_inner).record(limit)
    }

    /// The step of a vertex.
    pub fn get(&self, id: VertexId) -> Option<Arc<Step>> {
        self.known().get(&id).map(|shown| shown.step.clone())
    }

    /// Takes a step's output.
    pub fn output(&self, id: VertexId, stream: Stream, bytes: &[u8]) {
        let step = {
            let mut known = self.known();
            let Some(shown) = known.get_mut(&id) else { return };
            shown.keep(bytes);
            shown.step.clone()
        };
        self.record(|recorder, _| recorder.printed(id, bytes.len()));
        self.send(Event::Output { step, stream, bytes: bytes.to_vec() });
    }

    /// Tells what a step that runs does now.
    pub fn phase(&self, id: VertexId, phase: StepPhase) {
        let step = self.known().get(&id).map(|shown| shown.step.clone());
        self.record(|recorder, now| recorder.part(id, phase, now));
        if let Some(step) = step {
            self.send(Event::Phase { step, phase });
        }
    }

    /// Notes that work for a step begins.
    pub fn begin(&self, id: VertexId) {
        if let Some(shown) = self.known().get_mut(&id) {
            shown.began = Some(Instant::now());
        }
    }

    /// Notes that work begins for what is no step; steps begin at their gates, and contexts when content is sent. Probes look every
    /// image up, which is no work to tell of.
    pub fn begin_work(&self, id: VertexId, probe: bool) {
        let told = |work| work == Work::Files || (work == Work::Image && !probe);
        if let Some(shown) = self.known().get_mut(&id).filter(|shown| told(shown.work)) {
            shown.began = Some(Instant::now());
        }
    }

    /// Tells that content of a build context went to the engine.
    pub fn context_sent(&self, source: &LocalSource, files: u64, bytes: u64) {
        if files > 0
            && let Some(shown) = self.known().get_mut(&encode::id(&Op::Local(source.clone())))
        {
            shown.began = Some(Instant::now());
        }
        self.send(Event::ContextSent { context: source.root.display().to_string(), files, bytes });
    }

    /// Notes that nothing was done for a step after all.
    pub fn was_cached(&self, id: VertexId) {
        if let Some(shown) = self.known().get_mut(&id) {
            shown.began = None;
        }
    }

    /// How long a step has been running; `None` if it never began.
    pub fn took(&self, id: VertexId) -> Option<Duration> {
        self.known().get(&id).and_then(|shown| shown.began).map(|began| began.elapsed())
    }

    /// Tells a step's state. What has ended is not told again by a later phase that finds it cached; what runs again is.
    pub fn tell(&self, id: VertexId, state: StepState) {
        let step = {
            let mut known = self.known();
            let Some(shown) = known.get_mut(&id) else { return };
            match state {
                StepState::Running | StepState::WaitingForLock { .. } | StepState::WaitingForHost { .. } => {
                    shown.ended = false;
                }
                StepState::Queued if shown.queued => return,
                _ if shown.ended => return,
                StepState::Queued => {}
                StepState::Cached | StepState::Done { .. } | StepState::Failed { .. } => {
                    shown.ended = true;
                    shown.began = None;
                }
                StepState::Cancelled => shown.ended = true,
            }
            shown.queued = matches!(state, StepState::Queued);
            shown.step.clone()
        };
        self.record(|recorder, now| match &state {
            StepState::WaitingForHost { waited } => recorder.waits_for_host(id, now.saturating_sub(*waited), now),
            StepState::WaitingForLock { lock, holder, .. } => {
                recorder.waits_for_lock(id, lock, holder.as_deref(), now);
            }
            StepState::Done { took } => recorder.ended(id, How::Done, Some(*took), now),
            StepState::Failed { took, failure } => {
                recorder.ended(id, How::Failed(failure.clone()), Some(*took), now);
            }
            StepState::Cached => recorder.ended(id, How::Cached, None, now),
            StepState::Cancelled => recorder.cancelled(id, now),
            StepState::Queued | StepState::Running => {}
        });
        if matches!(state, StepState::Cached | StepState::Done { .. })
            && let Some(held) = self.held.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&id)
        {
            *held = Some(state);
            return;
        }
        self.send(Event::Step { step, state });
    }

    /// Keeps back the news that a step succeeded, until [`Steps::settle`].
    pub fn hold(&self, id: VertexId) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(id, None);
    }

    /// Tells what was kept back, or that the step has failed after all.
    pub fn settle(&self, id: VertexId, failure: Option<Arc<Failure>>) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&id).flatten();
        let (Some(state), Some(step)) = (held, self.get(id)) else { return };
        if let Some(failure) = &failure {
            self.record(|recorder, now| recorder.failed_after_all(id, failure.clone(), now));
        }
        let state = match (failure, &state) {
            (Some(failure), StepState::Done { took }) => StepState::Failed { took: *took, failure },
            (Some(failure), _) => StepState::Failed { took: Duration::ZERO, failure },
            (None, _) => state,
        };
        self.send(Event::Step { step, state });
    }

    /// Notes that a step that was given up is wanted after all.
    pub fn reopen(&self, id: VertexId) {
        if let Some(shown) = self.known().get_mut(&id) {
            shown.ended = false;
            shown.began = None;
        }
    }

    /// The last lines that a step printed.
    pub fn last_output(&self, id: VertexId) -> Vec<String> {
        let known = self.known();
        let lines = known.get(&id).map(|shown| &shown.lines);
        lines.into_iter().flatten().map(|line| String::from_utf8_lossy(line).trim_end().to_owned()).collect()
    }
}

/// What the engine has to do for a vertex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Process,
    Files,
    Context,
    Image,
}

impl Work {
    fn of(op: &Op) -> Self {
        match op {
            op if op.is_step() => Self::Process,
            Op::Local(_) => Self::Context,
            Op::Image(_) => Self::Image,
            _ => Self::Files,
        }
    }
}

impl Shown {
    fn keep(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            match self.lines.back_mut() {
                Some(open) if open.last() != Some(&b'\n') => {
                    if open.len() < KEPT_BYTES || piece.ends_with(b"\n") {
                        open.extend_from_slice(piece);
                    }
                }
                _ => self.lines.push_back(piece.to_vec()),
            }
            if self.lines.len() > KEPT_LINES {
                // That something is missing is not forgotten.
                let at = usize::from(self.lines.front().is_some_and(|line| is_clip(line)));
                self.lines.remove(at);
            }
        }
    }
}

fn is_clip(line: &[u8]) -> bool {
    String::from_utf8_lossy(line).contains(CLIPPED)
}

/// What an event says was made.
fn output(event: &Event) -> Option<Output> {
    match event {
        Event::ImageStored { target, name } => Some(Output::ImageStored { target: target.clone(), name: name.clone() }),
        Event::ImagePushed { target, name } => Some(Output::ImagePushed { target: target.clone(), name: name.clone() }),
        Event::ArtifactSaved { target, source, path } => {
            Some(Output::ArtifactSaved { target: target.clone(), source: source.clone(), path: path.clone() })
        }
        _ => None,
    }
}

fn step(vertex: &Vertex) -> Step {
    Step {
        id: vertex.id,
        target: vertex.options.target.clone(),
        name: vertex.options.name.clone(),
        location: vertex.options.location.clone(),
        trace: vertex.options.trace.clone(),
        counted: vertex.op.is_step(),
        raw_output: vertex.options.raw_output,
    }
}
