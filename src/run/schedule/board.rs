//! All nodes, and what is counted and queued of them, kept up to date by the one function that changes a state.

use super::calls::{Call, Calls};
use super::machine::Action;
use super::node::{Kind, Node, Rank, State};
use crate::digest::VertexId;
use crate::event::Counts;
use indexmap::IndexMap;
use std::collections::{BTreeSet, HashMap};

/// Nodes by the order in which they were added.
#[derive(Debug, Clone, Default)]
pub(super) struct Board {
    nodes: IndexMap<VertexId, Node>,
    /// What could be submitted, by class.
    ready: [BTreeSet<Rank>; Kind::CLASSES],
    /// What the engine asks for.
    at_gate: BTreeSet<Rank>,
    /// What needs a slot of the whole machine.
    at_host: BTreeSet<Rank>,
    /// What the engine works on, by class.
    under_way: [usize; Kind::CLASSES],
    /// Steps that hold a slot.
    slots: usize,
    /// Steps among them that want to be alone.
    alone: usize,
    /// Steps among them that try to take their locks.
    locking: usize,
    /// Nodes that are not final.
    live: usize,
    /// By builds, what else they bring about because its result was lost. Kept until the build ends.
    guests: HashMap<usize, BTreeSet<usize>>,
    counts: Counts,
    pub calls: Calls,
    pub actions: Vec<Action>,
}

impl Board {
    pub fn index(&self, id: VertexId) -> Option<usize> {
        self.nodes.get_index_of(&id)
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_over(&self) -> bool {
        self.live == 0
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    pub fn slots(&self) -> usize {
        self.slots
    }

    pub fn locking(&self) -> usize {
        self.locking
    }

    pub fn under_way(&self, class: usize) -> usize {
        self.under_way[class]
    }

    pub fn next_ready(&self, class: usize) -> Option<usize> {
        self.ready[class].first().map(|rank| rank.2)
    }

    /// What the engine asks for, in order.
    pub fn at_gate(&self) -> impl Iterator<Item = usize> {
        self.at_gate.iter().map(|rank| rank.2)
    }

    pub fn next_at_host(&self) -> Option<usize> {
        self.at_host.first().map(|rank| rank.2)
    }

    /// What needs a slot of the whole machine, in order.
    pub fn at_host(&self) -> impl Iterator<Item = usize> {
        self.at_host.iter().map(|rank| rank.2)
    }

    pub fn is_one_alone(&self) -> bool {
        self.alone > 0
    }

    /// Adds a node whose inputs are there. It waits.
    pub fn insert(&mut self, node: Node) -> usize {
        let index = self.nodes.len();
        for input in &node.inputs {
            self.nodes[*input].users.push(index);
        }
        self.live += 1;
        if let Some(count) = bucket(&mut self.counts, node.kind, node.state) {
            *count += 1;
            self.counts.total += 1;
        }
        self.nodes.insert(node.id, node);
        index
    }

    /// The one place where a state changes.
    pub fn set(&mut self, index: usize, state: State) {
        let node = &self.nodes[index];
        let (old, kind, id, alone) = (node.state, node.kind, node.id, node.alone);
        if old == state {
            return;
        }
        self.dequeue(index);
        self.nodes[index].state = state;
        self.enqueue(index);
        let class = kind.class();
        let moved = |count: &mut usize, was: bool, is: bool| *count = *count + usize::from(is) - usize::from(was);
        moved(&mut self.live, !old.is_final(), !state.is_final());
        moved(&mut self.slots, old.holds_slot(), state.holds_slot());
        moved(&mut self.locking, old == State::Locking, state == State::Locking);
        moved(&mut self.alone, alone && old.holds_slot(), alone && state.holds_slot());
        moved(&mut self.under_way[class], old.is_under_way(), state.is_under_way());
        if let Some(count) = bucket(&mut self.counts, kind, old) {
            *count -= 1;
            self.counts.total -= 1;
        }
        if let Some(count) = bucket(&mut self.counts, kind, state) {
            *count += 1;
            self.counts.total += 1;
        }
        self.actions.push(Action::Changed(id, state));
        if state.is_final() {
            for call in std::mem::take(&mut self.nodes[index].calls) {
                if self.calls.got(call, index) {
                    self.calls.close(call);
                    self.actions.push(Action::Complete(call));
                }
            }
        }
    }

    /// Changes how urgent a node is.
    pub fn urge(&mut self, index: usize, change: impl FnOnce(&mut Node)) {
        self.dequeue(index);
        change(&mut self.nodes[index]);
        self.enqueue(index);
    }

    /// Says that a node is brought about by the build of another one, or by its own.
    pub fn put_in_build(&mut self, index: usize, build: usize) {
        let old = std::mem::replace(&mut self.nodes[index].build, build);
        if old != build {
            self.guests.entry(old).and_modify(|guests| {
                guests.remove(&index);
            });
        }
        if build != index {
            self.guests.entry(build).or_default().insert(index);
        }
    }

    /// What a build brings about beside its own vertex.
    pub fn guests(&self, build: usize) -> Vec<usize> {
        self.guests.get(&build).into_iter().flatten().copied().collect()
    }

    /// Forgets the guests of a build that has ended.
    pub fn take_guests(&mut self, build: usize) -> Vec<usize> {
        self.guests.remove(&build).into_iter().flatten().collect()
    }

    /// Notes that a call waits for a node, unless nothing will happen to it.
    pub fn want(&mut self, call: Call, index: usize) {
        if !self.nodes[index].state.is_final() && self.calls.want(call, index) {
            self.nodes[index].calls.push(call);
        }
    }

    fn dequeue(&mut self, index: usize) {
        let node = &self.nodes[index];
        let (rank, class) = (node.rank(index), node.kind.class());
        match node.state {
            State::Ready => self.ready[class].remove(&rank),
            State::AtGate => self.at_gate.remove(&rank),
            State::WaitingForHost => self.at_host.remove(&rank),
            _ => false,
        };
    }

    fn enqueue(&mut self, index: usize) {
        let node = &self.nodes[index];
        let (rank, class) = (node.rank(index), node.kind.class());
        match node.state {
            State::Ready => self.ready[class].insert(rank),
            State::AtGate => self.at_gate.insert(rank),
            State::WaitingForHost => self.at_host.insert(rank),
            _ => false,
        };
    }
}

impl std::ops::Index<usize> for Board {
    type Output = Node;

    fn index(&self, index: usize) -> &Node {
        &self.nodes[index]
    }
}

/// What must not be changed through this: the state, how urgent it is, its build, whether it is alone while it holds a slot.
impl std::ops::IndexMut<usize> for Board {
    fn index_mut(&mut self, index: usize) -> &mut Node {
        &mut self.nodes[index]
    }
}

/// Which of the numbers a node is counted in.
fn bucket(counts: &mut Counts, kind: Kind, state: State) -> Option<&mut usize> {
    kind.is_step().then_some(())?;
    match state {
        State::Running => Some(&mut counts.running),
        State::WaitingForLock => Some(&mut counts.waiting_for_lock),
        State::WaitingForHost => Some(&mut counts.waiting_for_host),
        State::Ending | State::Done | State::Failed | State::Dropped => Some(&mut counts.done),
        State::Waiting | State::Ready | State::Submitted | State::AtGate | State::Locking => Some(&mut counts.queued),
        State::Abandoned => None,
    }
}
