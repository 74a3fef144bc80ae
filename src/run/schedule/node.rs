//! A vertex as the schedule sees it.

use super::calls::Call;
use crate::digest::VertexId;
use std::cmp::Reverse;

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

impl Kind {
    /// How many kinds are limited apart from each other.
    pub(super) const CLASSES: usize = 4;

    /// Which of them it is.
    pub(super) fn class(self) -> usize {
        match self {
            Self::Step { .. } => 0,
            Self::File => 1,
            Self::Context => 2,
            Self::Image => 3,
        }
    }

    pub(super) fn is_step(self) -> bool {
        matches!(self, Self::Step { .. })
    }
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
    /// Nobody wants it any more. A later call may bring it back.
    Abandoned,
}

impl State {
    /// Whether nothing more will happen to it by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Dropped | Self::Abandoned)
    }

    /// Whether it takes one of the slots.
    #[must_use]
    pub fn holds_slot(self) -> bool {
        matches!(self, Self::Locking | Self::Running)
    }

    /// Whether the engine works on it.
    pub(super) fn is_under_way(self) -> bool {
        !self.is_final() && !matches!(self, Self::Waiting | Self::Ready)
    }
}

/// Place in a queue: what is less goes first.
pub(super) type Rank = (Reverse<bool>, Reverse<u64>, usize);

/// A vertex and its neighbours. Others are named by their places in the schedule.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub id: VertexId,
    pub kind: Kind,
    pub state: State,
    pub inputs: Vec<usize>,
    pub users: Vec<usize>,
    /// Inputs that were never done.
    pub missing: usize,
    /// Whether it was done once: who needs it does not wait for it any more, even if its result is lost and brought about again.
    pub was_done: bool,
    /// Own cost.
    pub cost: u64,
    /// Cost of the longest way from here to an end, own cost included.
    pub remaining: u64,
    /// The vertex whose build the engine works on while this one runs: itself, or one that needs its result again.
    pub build: usize,
    /// Whether it goes before all others: it had waited for a lock, and got it when no slot was free.
    pub first: bool,
    /// Calls that wait for it.
    pub calls: Vec<Call>,
}

impl Node {
    /// Its place among those that want the same; ties by the order in which they were added.
    pub fn rank(&self, index: usize) -> Rank {
        (Reverse(self.first), Reverse(self.remaining), index)
    }
}
