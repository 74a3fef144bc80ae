//! The state machine.

use super::node::{Kind, Node, State};
use crate::digest::VertexId;
use crate::event::Counts;
use indexmap::IndexMap;
use std::collections::HashSet;

/// Solves that wait at one connection to an engine; more than 200 block it.
const MAX_SUBMITTED: usize = 100;
const MAX_CONTEXTS: usize = 2;
const MAX_IMAGES: usize = 4;

/// A vertex that is to be scheduled.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Its id.
    pub id: VertexId,
    /// What limits it.
    pub kind: Kind,
    /// What it needs; each was set up before it.
    pub inputs: Vec<VertexId>,
    /// What it costs, in any unit: the longest way goes first.
    pub cost: u64,
    /// Whether its result is known to be there.
    pub known: bool,
}

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The engine asks at the gate of `vertex`, in the build of `build`.
    Asked {
        /// Whose process would start.
        vertex: VertexId,
        /// Whose build it is; another vertex where the engine lost the result of `vertex`.
        build: VertexId,
    },
    /// The locks of a step that was told to take them are taken.
    Locked(VertexId),
    /// Somebody else holds one of them; none is taken.
    LockBusy(VertexId),
    /// The engine says that a process ended. A hint: the build's end is the truth.
    Ended(VertexId),
    /// A submitted build is over.
    Finished {
        /// Its vertex.
        vertex: VertexId,
        /// Whether it has a result.
        ok: bool,
    },
    /// Begin nothing more, and drop what is under way.
    Stop,
}

/// Something to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Hand the vertex to the engine.
    Submit(VertexId),
    /// Try to take its locks, without waiting: answer with [`Event::Locked`] or [`Event::LockBusy`].
    TakeLocks(VertexId),
    /// Wait for its locks, then answer with [`Event::Locked`].
    WaitForLocks(VertexId),
    /// It got its locks when no slot was free: give them back.
    GiveBackLocks(VertexId),
    /// Open its gate.
    Open(VertexId),
    /// Refuse its gate.
    Refuse(VertexId),
    /// Stop what the engine does for it.
    Cancel(VertexId),
    /// Its state changed to this.
    Changed(VertexId, State),
}

/// All vertices of a build and their states.
#[derive(Debug, Clone)]
pub struct Schedule {
    nodes: IndexMap<VertexId, Node>,
    limit: usize,
    keep_going: bool,
    stopping: bool,
    actions: Vec<Action>,
}

impl Schedule {
    /// A schedule with a cap of `limit` running steps, at least 1. `keep_going`: a failure stops only what needs its result.
    #[must_use]
    pub fn new(limit: usize, keep_going: bool) -> Self {
        Self { nodes: IndexMap::new(), limit: limit.max(1), keep_going, stopping: false, actions: Vec::new() }
    }

    /// Adds vertices, inputs first. A vertex that is there already is left as it is.
    pub fn add(&mut self, vertices: impl IntoIterator<Item = Setup>) -> Vec<Action> {
        let mut added = Vec::new();
        for Setup { id, kind, inputs, cost, known } in vertices {
            if self.nodes.contains_key(&id) {
                continue;
            }
            let missing = inputs.iter().filter(|input| self.nodes[*input].state != State::Done).count();
            for input in &inputs {
                self.node(*input).users.push(id);
            }
            let order = self.nodes.len();
            let node = Node {
                kind,
                state: State::Waiting,
                inputs,
                users: Vec::new(),
                missing,
                remaining: cost,
                order,
                build: id,
                first: false,
            };
            self.nodes.insert(id, node);
            if known {
                self.set(id, State::Done);
            }
            added.push((id, cost));
        }
        // Users come after their inputs, so one pass from the end finds every longest way.
        for (id, cost) in added.iter().rev() {
            let longest = self.nodes[id].users.iter().map(|user| self.nodes[user].remaining).max().unwrap_or(0);
            self.node(*id).remaining = longest.saturating_add(*cost);
        }
        for (id, _) in added {
            if self.nodes[&id].state == State::Done {
                continue;
            }
            if self.nodes[&id]
                .inputs
                .iter()
                .any(|input| matches!(self.nodes[input].state, State::Failed | State::Dropped))
            {
                self.set(id, State::Dropped);
            } else if self.nodes[&id].missing == 0 {
                self.set(id, State::Ready);
            }
        }
        self.advance()
    }

    /// Takes an event and tells what is to be done.
    pub fn apply(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::Asked { vertex, build } => self.asked(vertex, build),
            Event::Locked(id) => match self.state(id) {
                Some(State::Locking) => self.open(id),
                Some(State::WaitingForLock) if self.free_slots() > 0 => self.open(id),
                Some(State::WaitingForLock) => {
                    self.actions.push(Action::GiveBackLocks(id));
                    self.node(id).first = true;
                    self.set(id, State::AtGate);
                }
                _ => self.actions.push(Action::GiveBackLocks(id)),
            },
            Event::LockBusy(id) => {
                if self.state(id) == Some(State::Locking) {
                    self.set(id, State::WaitingForLock);
                    self.actions.push(Action::WaitForLocks(id));
                }
            }
            Event::Ended(id) => self.ended(id),
            Event::Finished { vertex, ok } => self.finished(vertex, ok),
            Event::Stop => self.stop(),
        }
        self.advance()
    }

    /// The state of a vertex.
    #[must_use]
    pub fn state(&self, id: VertexId) -> Option<State> {
        self.nodes.get(&id).map(|node| node.state)
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.nodes.values().all(|node| node.state.is_final())
    }

    /// How many steps are where.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { limit: self.limit, ..Counts::default() };
        for node in self.nodes.values().filter(|node| matches!(node.kind, Kind::Step { .. })) {
            counts.total += 1;
            match node.state {
                State::Running => counts.running += 1,
                State::WaitingForLock => counts.waiting_for_lock += 1,
                State::Ending | State::Done | State::Failed | State::Dropped => counts.done += 1,
                _ => counts.queued += 1,
            }
        }
        counts
    }

    fn node(&mut self, id: VertexId) -> &mut Node {
        &mut self.nodes[&id]
    }

    /// The one place where a state changes.
    fn set(&mut self, id: VertexId, state: State) {
        let node = self.node(id);
        if node.state != state {
            node.state = state;
            self.actions.push(Action::Changed(id, state));
        }
    }

    fn free_slots(&self) -> usize {
        self.limit - self.nodes.values().filter(|node| node.state.holds_slot()).count()
    }

    fn open(&mut self, id: VertexId) {
        self.set(id, State::Running);
        self.actions.push(Action::Open(id));
    }

    fn done(&mut self, id: VertexId) {
        self.set(id, State::Done);
        for user in self.nodes[&id].users.clone() {
            let node = self.node(user);
            node.missing = node.missing.saturating_sub(1);
            if node.missing == 0 && node.state == State::Waiting {
                self.set(user, State::Ready);
            }
        }
    }

    fn asked(&mut self, vertex: VertexId, build: VertexId) {
        if self.stopping || !self.nodes.contains_key(&vertex) || self.state(build).is_some_and(State::is_final) {
            self.actions.push(Action::Refuse(vertex));
            return;
        }
        // What this one needs has ended, whatever the engine did not tell.
        for id in self.running_in(build) {
            if id != vertex && self.needs(vertex, id) {
                self.set(id, State::Done);
            }
        }
        // The engine tries again: what the first try held is free.
        if matches!(self.state(vertex), Some(State::Locking | State::Running | State::Ending)) {
            self.actions.push(Action::GiveBackLocks(vertex));
        }
        self.node(vertex).build = build;
        if self.state(vertex) != Some(State::WaitingForLock) {
            self.set(vertex, State::AtGate);
        }
    }

    fn ended(&mut self, id: VertexId) {
        let Some(node) = self.nodes.get(&id).filter(|node| node.state == State::Running) else { return };
        // A vertex whose result the engine had lost was run again inside another one's build: it has no end of its own.
        let state = if node.build == id { State::Ending } else { State::Done };
        self.set(id, state);
    }

    fn running_in(&self, build: VertexId) -> Vec<VertexId> {
        self.nodes
            .iter()
            .filter(|(_, node)| node.build == build && matches!(node.state, State::Running))
            .map(|(id, _)| *id)
            .collect()
    }

    fn needs(&self, vertex: VertexId, other: VertexId) -> bool {
        let mut seen = HashSet::new();
        let mut open = vec![vertex];
        while let Some(at) = open.pop() {
            if at == other {
                return true;
            }
            if seen.insert(at) {
                open.extend(&self.nodes[&at].inputs);
            }
        }
        false
    }

    fn finished(&mut self, vertex: VertexId, ok: bool) {
        // Results that were brought back in this build: they were done before, and are so again.
        let regained: Vec<VertexId> = self
            .nodes
            .iter()
            .filter(|(id, node)| node.build == vertex && **id != vertex && !node.state.is_final())
            .map(|(id, _)| *id)
            .collect();
        for id in regained {
            self.set(id, State::Done);
        }
        if self.state(vertex).is_none_or(State::is_final) {
            return;
        }
        if ok {
            self.done(vertex);
            return;
        }
        self.set(vertex, if self.stopping { State::Dropped } else { State::Failed });
        self.drop_users(vertex);
        if !self.keep_going {
            self.stop();
        }
    }

    fn drop_users(&mut self, vertex: VertexId) {
        let mut open = self.nodes[&vertex].users.clone();
        while let Some(id) = open.pop() {
            if !self.nodes[&id].state.is_final() {
                self.set(id, State::Dropped);
                open.extend(self.nodes[&id].users.clone());
            }
        }
    }

    fn stop(&mut self) {
        self.stopping = true;
        let ids: Vec<VertexId> = self.nodes.keys().copied().collect();
        for id in ids {
            match self.nodes[&id].state {
                State::Waiting | State::Ready => self.set(id, State::Dropped),
                State::AtGate | State::Locking | State::WaitingForLock => {
                    self.actions.push(Action::Refuse(id));
                    self.actions.push(Action::Cancel(id));
                    self.set(id, State::Dropped);
                }
                State::Submitted | State::Running | State::Ending => {
                    self.actions.push(Action::Cancel(id));
                    self.set(id, State::Dropped);
                }
                State::Done | State::Failed | State::Dropped => {}
            }
        }
    }

    /// Begins whatever may begin.
    fn advance(&mut self) -> Vec<Action> {
        if !self.stopping {
            self.submit();
            self.admit();
        }
        std::mem::take(&mut self.actions)
    }

    fn submit(&mut self) {
        let mut under_way = [0_usize; 4];
        for node in self.nodes.values() {
            if !node.state.is_final() && !matches!(node.state, State::Waiting | State::Ready) {
                under_way[class(node.kind)] += 1;
            }
        }
        for id in self.by_priority(State::Ready) {
            let class = class(self.nodes[&id].kind);
            let cap = [MAX_SUBMITTED, self.limit, MAX_CONTEXTS, MAX_IMAGES][class];
            if under_way[class] < cap {
                under_way[class] += 1;
                self.node(id).build = id;
                self.set(id, State::Submitted);
                self.actions.push(Action::Submit(id));
            }
        }
    }

    fn admit(&mut self) {
        let mut free = self.free_slots();
        for id in self.by_priority(State::AtGate) {
            if free == 0 {
                return;
            }
            free -= 1;
            self.node(id).first = false;
            if self.nodes[&id].kind == (Kind::Step { locks: true }) {
                self.set(id, State::Locking);
                self.actions.push(Action::TakeLocks(id));
            } else {
                self.open(id);
            }
        }
    }

    fn by_priority(&self, state: State) -> Vec<VertexId> {
        let mut nodes: Vec<(&VertexId, &Node)> = self.nodes.iter().filter(|(_, node)| node.state == state).collect();
        nodes.sort_by_key(|(_, node)| (!node.first, std::cmp::Reverse(node.remaining), node.order));
        nodes.into_iter().map(|(id, _)| *id).collect()
    }
}

fn class(kind: Kind) -> usize {
    match kind {
        Kind::Step { .. } => 0,
        Kind::File => 1,
        Kind::Context => 2,
        Kind::Image => 3,
    }
}
