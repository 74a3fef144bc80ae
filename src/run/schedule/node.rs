//! A vertex as the schedule sees it.

use crate::digest::VertexId;

/// What limits a vertex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A process: counted against the cap, waits at its gate, may need locks.
    Step {
        /// Whether it needs locks.
        locks: bool,
    },
    /// Changes to files.
    File,
    /// Files of this machine.
    Context,
    /// An image.
    Image,
}

/// Where a vertex is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Inputs are missing.
    Waiting,
    /// Could be submitted.
    Ready,
    /// The engine has it.
    Submitted,
    /// The engine asks whether it may run.
    AtGate,
    /// It has a slot set aside while it tries to take its locks.
    Locking,
    /// Somebody else holds a lock that it needs. It holds no slot.
    WaitingForLock,
    /// It holds a slot, and its gate is open.
    Running,
    /// Its process has ended; the engine is not through with it yet. It holds no slot any more.
    Ending,
    /// It is done.
    Done,
    /// It failed.
    Failed,
    /// It will not run: an input failed, or the build was stopped.
    Dropped,
}

impl State {
    /// Whether nothing more will happen to it.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Dropped)
    }

    /// Whether it takes one of the slots.
    #[must_use]
    pub fn holds_slot(self) -> bool {
        matches!(self, Self::Locking | Self::Running)
    }
}

/// A vertex and its neighbours.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub kind: Kind,
    pub state: State,
    pub inputs: Vec<VertexId>,
    pub users: Vec<VertexId>,
    /// Inputs that are not done.
    pub missing: usize,
    /// Cost of the longest way from here to an end, own cost included.
    pub remaining: u64,
    /// Place in the graph, for ties.
    pub order: usize,
    /// The vertex whose build the engine works on while this one runs: itself, or one that needs its result again.
    pub build: VertexId,
    /// Whether it goes before all others: it had waited for a lock, and got it when no slot was free.
    pub first: bool,
}
