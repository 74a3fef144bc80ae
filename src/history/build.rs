//! A build that is over, or on its way. All times are distances from its start, unless a field says otherwise.

use crate::digest::VertexId;
use crate::event::{Failure, Outcome, Step, StepPhase};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A whole build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// What was asked for, as typed.
    pub targets: Vec<String>,
    /// The engine, for people; empty where none was needed.
    pub engine: String,
    /// When it began, since 1970-01-01 00:00 UTC.
    pub began: Duration,
    /// How long it all took.
    pub took: Duration,
    /// How it ended.
    pub outcome: Outcome,
    /// When the same was built before, since 1970-01-01 00:00 UTC, where nothing has changed and so nothing was done.
    pub skipped_since: Option<Duration>,
    /// What stopped it, where that was no step.
    pub error: Option<String>,
    /// What its steps did.
    pub record: Record,
    /// The files with all that its steps printed; those that printed nothing have none.
    pub logs: BTreeMap<VertexId, PathBuf>,
}

/// What the steps of a build did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// How many steps may run at the same time.
    pub limit: usize,
    /// All steps, each behind those that it needs.
    pub steps: Vec<StepRecord>,
    /// The steps that ran one after the other, each needed by the next, and together longest; positions in `steps`.
    pub critical_path: Vec<usize>,
    /// What the build made, in the order in which it was made.
    pub outputs: Vec<Output>,
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRecord {
    /// The step.
    pub step: Arc<Step>,
    /// The steps whose results it uses, as positions in [`Record::steps`].
    pub needs: Vec<usize>,
    /// When the build got to know of it.
    pub known: Duration,
    /// What its time went to, in order and without overlap. Between two spans it waited for other steps or for the engine.
    pub spans: Vec<Span>,
    /// When it began with which part of its run. Only steps that bring a daemon of their own have parts.
    pub parts: Vec<(Duration, StepPhase)>,
    /// Bytes that it printed.
    pub printed: u64,
    /// How it ended; `None` if nothing was told of it: nobody needed its result.
    pub end: Option<End>,
}

/// A stretch of a step's time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What it went to.
    pub spent: Spent,
    /// When it began.
    pub from: Duration,
    /// When it ended; not before `from`.
    pub to: Duration,
}

/// What a stretch of a step's time goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spent {
    /// It needed a slot of this build.
    WaitingForSlot,
    /// It needed a lock that somebody held.
    WaitingForLock {
        /// The lock, for people, where that was told: `cache gomod`.
        lock: Option<String>,
        /// Who held it, for people, where that was known.
        holder: Option<String>,
    },
    /// It needed a slot of the whole machine.
    WaitingForHost,
    /// Its process ran; of what is no process, the engine was busy with it.
    Running,
    /// Its process had ended, its slot was free, and the engine tidied up behind it.
    Ending,
}

/// The end of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// When.
    pub at: Duration,
    /// How.
    pub how: How,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// Its result was there already.
    Cached,
    /// It ran and succeeded.
    Done,
    /// It failed.
    Failed(Arc<Failure>),
    /// It was stopped, or never ran, because the build ended first.
    Cancelled,
}

/// Something that a build made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// An image in the engine's store.
    ImageStored {
        /// The target that saved it.
        target: Arc<str>,
        /// Its name.
        name: String,
    },
    /// An image at its registry.
    ImagePushed {
        /// The target that saved it.
        target: Arc<str>,
        /// Its name.
        name: String,
    },
    /// Files.
    ArtifactSaved {
        /// The target that saved them.
        target: Arc<str>,
        /// The artifact, as the user named it.
        source: String,
        /// The path on this machine.
        path: PathBuf,
    },
}

impl Span {
    /// How long it was.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.to.saturating_sub(self.from)
    }
}

impl StepRecord {
    /// For how long it ran, all tries together; `None` if it never did.
    #[must_use]
    pub fn ran(&self) -> Option<Duration> {
        let running = self.spans.iter().filter(|span| matches!(span.spent, Spent::Running | Spent::Ending));
        running.map(Span::took).reduce(|sum, took| sum + took)
    }

    /// When it began to wait or to run; of what did neither, when it ended.
    #[must_use]
    pub fn began(&self) -> Option<Duration> {
        let ended = self.end.as_ref().map(|end| end.at);
        self.spans.first().map(|span| span.from).or(ended)
    }

    /// What became of it, in one word for programs.
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        match self.end.as_ref().map(|end| &end.how) {
            Some(How::Cached) => "cached",
            Some(How::Done) => "done",
            Some(How::Failed(_)) => "failed",
            Some(How::Cancelled) if self.was_skipped() => "skipped",
            Some(How::Cancelled) => "cancelled",
            None => "unneeded",
        }
    }

    /// Whether it was dropped before it ran.
    #[must_use]
    pub fn was_skipped(&self) -> bool {
        self.ran().is_none() && self.end.as_ref().is_some_and(|end| end.how == How::Cancelled)
    }
}
