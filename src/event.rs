//! What happens during a build, as data: the one vocabulary between the executor and everything that shows it.

use crate::digest::VertexId;
use crate::source::Location;
use crate::trace::Trace;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A step as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its vertex.
    pub id: VertexId,
    /// The target that it belongs to: `+test`.
    pub target: Arc<str>,
    /// The command as written, on one line: `RUN make`.
    pub name: Arc<str>,
    /// Where it is written.
    pub location: Location,
    /// How the build came to it.
    pub trace: Trace,
    /// Whether it counts against the parallelism cap (a process runs).
    pub counted: bool,
    /// Whether the lines that it prints are for programs that read what is shown: they stay as they are.
    pub raw_output: bool,
}

/// Where a step is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepState {
    /// It needs a slot, or waits for other steps.
    Queued,
    /// It needs a lock that somebody holds. Sent again while the wait goes on.
    WaitingForLock {
        /// The lock, for people: `cache gomod`.
        lock: String,
        /// Who holds it, for people: `+test, pid 4711`, and where, if that is another machine: `+test, pid 4711 on host build1`.
        holder: Option<String>,
        /// For how long they have held it, where that is known.
        held: Option<Duration>,
        /// For how long so far.
        waited: Duration,
    },
    /// It has a slot of this build, and needs one of the whole machine's (`--host-parallelism`). Sent again while the wait goes on.
    WaitingForHost {
        /// For how long so far.
        waited: Duration,
    },
    /// It runs.
    Running,
    /// Its result was there already.
    Cached,
    /// It ran and succeeded.
    Done {
        /// For how long it ran.
        took: Duration,
    },
    /// It failed.
    Failed {
        /// For how long it ran.
        took: Duration,
        /// What happened.
        failure: Arc<Failure>,
    },
    /// It was stopped, or never ran, because the build ended first.
    Cancelled,
}

impl StepState {
    /// Whether the step is over: it may only be tried again.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match self {
            Self::Cached | Self::Done { .. } | Self::Failed { .. } | Self::Cancelled => true,
            Self::Queued | Self::WaitingForLock { .. } | Self::WaitingForHost { .. } | Self::Running => false,
        }
    }
}

/// A step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The step.
    pub step: Step,
    /// What happened.
    pub cause: Cause,
    /// The last lines that it printed.
    pub last_output: Vec<String>,
    /// What the user can do.
    pub help: Option<String>,
    /// The file with all that it printed; `None` where it printed nothing, or nothing was kept.
    pub log: Option<PathBuf>,
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The process ended with this code.
    ExitCode(i32),
    /// Something else, in words.
    Message(String),
}

/// Which of its two outputs a process wrote to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A part of a step's run that takes its own time. Only steps that bring a daemon of their own have phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepPhase {
    /// Its container is made; another client's that has the same data root is waited for.
    Create,
    /// Its daemon starts.
    Start,
    /// Its daemon gets its images.
    Load,
    /// Its command runs, and its services.
    Command,
    /// Its daemon ends.
    Stop,
    /// What it made is kept.
    Commit,
    /// Its container is removed.
    Remove,
}

impl StepPhase {
    /// What reports and traces call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Start => "start",
            Self::Load => "load",
            Self::Command => "command",
            Self::Stop => "stop",
            Self::Commit => "commit",
            Self::Remove => "remove",
        }
    }
}

/// How many steps are where. Only steps that count against the cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// The cap.
    pub limit: usize,
    /// They run; never more than `limit`.
    pub running: usize,
    /// They need a slot.
    pub queued: usize,
    /// They need a lock.
    pub waiting_for_lock: usize,
    /// They have a slot of this build, and need one of the whole machine's.
    pub waiting_for_host: usize,
    /// They are done, cached ones included.
    pub done: usize,
    /// All.
    pub total: usize,
}

/// Where the time of a build went. Only steps that count against the cap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// The steps that ran longest, longest first; at most ten.
    pub slowest: Vec<TimedStep>,
    /// What was done one after the other, each needed by the next, and together longest: no cap could make the build faster than this.
    /// Pulls and copies count here.
    pub critical_path: Vec<TimedStep>,
    /// How long all steps ran, added up.
    pub ran: Duration,
    /// How long steps waited for locks, added up.
    pub waited_for_locks: Duration,
    /// How long steps that could have run waited for a slot of this build, added up.
    pub waited_for_slots: Duration,
    /// How long steps waited for a slot of the whole machine, added up.
    pub waited_for_host: Duration,
}

/// A step and how long it ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedStep {
    /// The step.
    pub step: Arc<Step>,
    /// For how long its process ran.
    pub took: Duration,
}

/// How a build ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was built and written.
    Succeeded,
    /// Something failed.
    Failed,
    /// The user stopped it.
    Interrupted,
}

impl Outcome {
    /// Its name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// First of all.
    Started {
        /// What was asked for, as typed.
        targets: Vec<String>,
        /// The engine, for people: `Docker 28.5.2 at unix:///var/run/docker.sock`; empty where none is needed.
        engine: String,
    },
    /// A step came to be, or moved on.
    Step {
        /// The step.
        step: Arc<Step>,
        /// Where it is now.
        state: StepState,
    },
    /// A step printed something; lines may be split over several events.
    Output {
        /// The step.
        step: Arc<Step>,
        /// Which output.
        stream: Stream,
        /// What it wrote.
        bytes: Vec<u8>,
    },
    /// A step that runs began with a part of its work. Told to programs only.
    Phase {
        /// The step.
        step: Arc<Step>,
        /// What it does now.
        phase: StepPhase,
    },
    /// The numbers changed.
    Counts(Counts),
    /// Files of a build context went to the engine.
    ContextSent {
        /// The directory, for people.
        context: String,
        /// Files whose content was sent.
        files: u64,
        /// Bytes of content.
        bytes: u64,
    },
    /// An image is in the engine's store.
    ImageStored {
        /// The target that saved it.
        target: Arc<str>,
        /// Its name.
        name: String,
    },
    /// An image is at its registry.
    ImagePushed {
        /// The target that saved it.
        target: Arc<str>,
        /// Its name.
        name: String,
    },
    /// Files were written.
    ArtifactSaved {
        /// The target that saved them.
        target: Arc<str>,
        /// The artifact, as the user named it.
        source: String,
        /// The path on this machine.
        path: PathBuf,
    },
    /// Something that the user should know.
    Note(String),
    /// Where the time went; shortly before the end of a build in which a step ran.
    Summary(Arc<Summary>),
    /// The last event.
    Finished {
        /// How it ended.
        outcome: Outcome,
        /// How long it all took.
        took: Duration,
    },
}

/// Where events go. Never blocks.
pub trait Sink: Send + Sync {
    /// Takes an event.
    fn send(&self, event: Event);
}
