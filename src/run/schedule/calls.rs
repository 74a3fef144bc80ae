//! Who wants what.

use std::collections::{HashMap, HashSet};

/// One request for results, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call(pub u64);

/// For each open call the vertices that it still waits for.
#[derive(Debug, Clone, Default)]
pub(super) struct Calls {
    open: HashMap<Call, HashSet<usize>>,
}

impl Calls {
    /// Opens a call.
    pub fn open(&mut self, call: Call) {
        self.open.insert(call, HashSet::new());
    }

    /// Notes that a call waits for a vertex; says whether that is new.
    pub fn want(&mut self, call: Call, index: usize) -> bool {
        self.open.get_mut(&call).is_some_and(|open| open.insert(index))
    }

    /// Notes that a call waits no longer for a vertex; says whether it waits for nothing any more.
    pub fn got(&mut self, call: Call, index: usize) -> bool {
        self.open.get_mut(&call).is_some_and(|open| open.remove(&index) && open.is_empty())
    }

    /// Whether a call waits for nothing.
    pub fn has_all(&self, call: Call) -> bool {
        self.open.get(&call).is_some_and(HashSet::is_empty)
    }

    /// Ends a call; what it still waited for, in the order of the schedule.
    pub fn close(&mut self, call: Call) -> Vec<usize> {
        let mut left: Vec<usize> = self.open.remove(&call).into_iter().flatten().collect();
        left.sort_unstable();
        left
    }
}
