//! The state machine.

use super::admission::Admission;
use super::board::Board;
use super::calls::Call;
use super::node::{Kind, Node, State};
use crate::digest::VertexId;
use crate::event::Counts;
use std::collections::{BTreeSet, HashSet};

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
    /// Bytes of memory that it needed at most in an earlier run; 0 where that is not known.
    pub memory: u64,
    /// Whether its result is known to be there.
    pub known: bool,
}

/// What limits steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Steps that hold a slot at the same time, at least 1.
    pub limit: usize,
    /// Whether a step needs a slot of the whole machine as well.
    pub host: bool,
    /// Whether a further step needs room in memory.
    pub memory: bool,
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
    /// There is a slot of the whole machine, for one step.
    HostSlot,
    /// So many bytes of memory may be used by further steps.
    Room(u64),
    /// The process of a submitted vertex was killed: run it once more while nothing else runs. Its build is over.
    TryAlone(VertexId),
    /// The engine says that a process ended. A hint: the build's end is the truth.
    Ended(VertexId),
    /// A submitted build is over.
    Finished {
        /// Its vertex.
        vertex: VertexId,
        /// Whether it has a result.
        ok: bool,
    },
    /// Nobody waits for a call any more: drop what only it wanted.
    Abandoned(Call),
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
    /// Take no locks for it any more, and give back those that it has.
    GiveBackLocks(VertexId),
    /// Get a slot of the whole machine, waiting for it if need be; answer with [`Event::HostSlot`].
    TakeHostSlot,
    /// Nobody needs a slot of the whole machine any more: do not wait for one, and give back the one that came.
    LeaveHostSlot,
    /// See how much memory there is, and answer with [`Event::Room`].
    ReadMemory,
    /// A step is held back for want of memory: answer with [`Event::Room`] after a while.
    ReadMemoryLater,
    /// Open its gate. The slot of the whole machine that has come, if one has, is its own; what runs in another one's build may have none.
    Open(VertexId),
    /// Refuse its gate.
    Refuse(VertexId),
    /// Stop what the engine does for it.
    Cancel(VertexId),
    /// Its state changed to this.
    Changed(VertexId, State),
    /// Nothing more will happen for a call.
    Complete(Call),
}

/// All vertices of an invocation and their states.
#[derive(Debug, Clone)]
pub struct Schedule {
    pub(super) board: Board,
    pub(super) caps: Caps,
    pub(super) admission: Admission,
    keep_going: bool,
    stopping: bool,
}

impl Schedule {
    /// A schedule of nothing. `keep_going`: a failure stops only what needs its result.
    #[must_use]
    pub fn new(caps: Caps, keep_going: bool) -> Self {
        let caps = Caps { limit: caps.limit.max(1), ..caps };
        Self { board: Board::default(), caps, admission: Admission::default(), keep_going, stopping: false }
    }

    /// Adds the vertices that a call wants, inputs first. A vertex that is there already is left as it is, unless everybody had
    /// abandoned it. The call is complete when nothing more will happen to any of them.
    ///
    /// # Panics
    /// When a vertex comes before its inputs: a defect of the caller.
    pub fn add(&mut self, call: Call, vertices: impl IntoIterator<Item = Setup>) -> Vec<Action> {
        self.board.calls.open(call);
        let mut added = Vec::new();
        for setup in vertices {
            let known = setup.known;
            let (index, is_new) = self.place(setup);
            if known && is_new {
                self.done(index);
            }
            if is_new {
                added.push(index);
            }
            self.board.want(call, index);
        }
        self.lengthen(added.iter().copied().collect());
        for index in added {
            self.begin(index);
        }
        if self.board.calls.has_all(call) {
            self.board.calls.close(call);
            self.board.actions.push(Action::Complete(call));
        }
        self.advance()
    }

    /// Brings about the result of a vertex again, for a call: the engine lost it. Anything else than a vertex that was done is left as it is.
    pub fn again(&mut self, call: Call, id: VertexId) -> Vec<Action> {
        self.board.calls.open(call);
        if let Some(index) = self.board.index(id) {
            if self.board[index].state == State::Done && !self.stopping {
                self.board.put_in_build(index, index);
                self.board.set(index, State::Ready);
            }
            self.board.want(call, index);
        }
        if self.board.calls.has_all(call) {
            self.board.calls.close(call);
            self.board.actions.push(Action::Complete(call));
        }
        self.advance()
    }

    /// Takes an event and tells what is to be done.
    pub fn apply(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::Abandoned(call) => self.abandoned(call),
            Event::Stop => self.stop(),
            Event::HostSlot => self.host_slot(),
            Event::Room(bytes) => self.admission.room(bytes),
            Event::Asked { vertex, build } => self.asked(vertex, build),
            Event::Locked(id)
            | Event::LockBusy(id)
            | Event::Ended(id)
            | Event::TryAlone(id)
            | Event::Finished { vertex: id, .. } => {
                if let Some(index) = self.board.index(id) {
                    self.moved(index, event);
                }
            }
        }
        self.advance()
    }

    fn moved(&mut self, index: usize, event: Event) {
        match event {
            Event::Locked(_) => self.locked(index),
            Event::LockBusy(id) if self.board[index].state == State::Locking => {
                self.board.set(index, State::WaitingForLock);
                self.board.actions.push(Action::WaitForLocks(id));
            }
            Event::Ended(_) => self.ended(index),
            Event::TryAlone(_) => self.try_alone(index),
            Event::Finished { ok, .. } => self.finished(index, ok),
            _ => {}
        }
    }

    /// The state of a vertex.
    #[must_use]
    pub fn state(&self, id: VertexId) -> Option<State> {
        self.board.index(id).map(|index| self.board[index].state)
    }

    /// Whether nothing more will happen by itself.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.board.is_over()
    }

    /// How many steps are where.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts { limit: self.caps.limit, ..self.board.counts() }
    }

    /// Those without which these vertices are not done, themselves included: what has no result, on every way down.
    #[must_use]
    pub fn missing(&self, goals: impl IntoIterator<Item = VertexId>) -> HashSet<VertexId> {
        let mut open: Vec<usize> = goals.into_iter().filter_map(|id| self.board.index(id)).collect();
        let mut found = HashSet::new();
        while let Some(index) = open.pop() {
            let node = &self.board[index];
            if node.state != State::Done && found.insert(node.id) {
                open.extend(&node.inputs);
            }
        }
        found
    }

    /// Adds a vertex, or takes it up again; says whether it has everything before it.
    fn place(&mut self, setup: Setup) -> (usize, bool) {
        let Setup { id, kind, inputs, cost, memory, known: _ } = setup;
        match self.board.index(id) {
            Some(index) if self.board[index].state == State::Abandoned => {
                let missing = self.missing_inputs(&self.board[index].inputs);
                self.board[index].missing = missing;
                self.board.set(index, State::Waiting);
                (index, true)
            }
            Some(index) => (index, false),
            None => {
                let inputs: Vec<usize> = inputs
                    .iter()
                    .map(|input| self.board.index(*input).expect("inputs are added before their users"))
                    .collect();
                let missing = self.missing_inputs(&inputs);
                let index = self.board.len();
                let node = Node {
                    id,
                    kind,
                    state: State::Waiting,
                    inputs,
                    users: Vec::new(),
                    missing,
                    was_done: false,
                    cost,
                    remaining: cost,
                    build: index,
                    first: false,
                    memory,
                    alone: false,
                    calls: Vec::new(),
                };
                (self.board.insert(node), true)
            }
        }
    }

    fn missing_inputs(&self, inputs: &[usize]) -> usize {
        inputs.iter().filter(|input| !self.board[**input].was_done).count()
    }

    /// Makes the ways longer that lead to new vertices. Users come after their inputs, so each is looked at once, from the end.
    fn lengthen(&mut self, mut open: BTreeSet<usize>) {
        while let Some(index) = open.pop_last() {
            let remaining = self.board[index].remaining;
            for input in self.board[index].inputs.clone() {
                let node = &self.board[input];
                let longer = remaining.saturating_add(node.cost);
                if longer > node.remaining && !node.state.is_final() {
                    self.board.urge(input, |node| node.remaining = longer);
                    open.insert(input);
                }
            }
        }
    }

    /// Lets a new vertex begin when nothing is before it.
    fn begin(&mut self, index: usize) {
        let node = &self.board[index];
        if node.state != State::Waiting {
            return;
        }
        let dead = |input: &usize| matches!(self.board[*input].state, State::Failed | State::Dropped);
        if self.stopping || node.inputs.iter().any(dead) {
            self.board.set(index, State::Dropped);
        } else if node.missing == 0 {
            self.board.set(index, State::Ready);
        }
    }

    fn done(&mut self, index: usize) {
        self.board.set(index, State::Done);
        if std::mem::replace(&mut self.board[index].was_done, true) {
            return;
        }
        for user in self.board[index].users.clone() {
            let node = &mut self.board[user];
            node.missing -= 1;
            if node.missing == 0 && node.state == State::Waiting {
                self.board.set(user, State::Ready);
            }
        }
    }

    fn asked(&mut self, vertex: VertexId, build: VertexId) {
        let both = (self.board.index(vertex), self.board.index(build));
        let ((Some(index), Some(host)), false) = (both, self.stopping) else {
            return self.board.actions.push(Action::Refuse(vertex));
        };
        if self.board[host].state.is_final() {
            return self.board.actions.push(Action::Refuse(vertex));
        }
        // What this one needs has ended, whatever the engine did not tell.
        let others: Vec<usize> = self.board.guests(host).into_iter().chain([host]).filter(|id| *id != index).collect();
        for other in others {
            if self.board[other].state == State::Running && self.needs(index, other) {
                self.done(other);
            }
        }
        // The engine tries again: what the first try held is free.
        if matches!(self.board[index].state, State::Locking | State::WaitingForHost | State::Running | State::Ending) {
            self.board.actions.push(Action::GiveBackLocks(vertex));
        }
        self.board.put_in_build(index, host);
        if self.board[index].state != State::WaitingForLock {
            self.board.set(index, State::AtGate);
        }
    }

    fn needs(&self, vertex: usize, other: usize) -> bool {
        let mut seen = HashSet::new();
        let mut open = vec![vertex];
        while let Some(at) = open.pop() {
            if at == other {
                return true;
            }
            if seen.insert(at) {
                open.extend(&self.board[at].inputs);
            }
        }
        false
    }

    fn ended(&mut self, index: usize) {
        let node = &self.board[index];
        if node.state == State::Running {
            // A vertex whose result the engine had lost was run again inside another one's build: it has no end of its own.
            if node.build == index { self.board.set(index, State::Ending) } else { self.done(index) }
        }
    }

    /// Results that were brought back in a build that is over: they were done before, and are so again.
    fn regained(&mut self, host: usize) {
        for guest in self.board.take_guests(host) {
            if !self.board[guest].state.is_final() {
                self.board.actions.push(Action::Refuse(self.board[guest].id));
                self.board.put_in_build(guest, guest);
                self.done(guest);
            }
        }
    }

    fn finished(&mut self, index: usize, ok: bool) {
        self.regained(index);
        if self.board[index].state.is_final() {
            return;
        }
        if ok {
            self.done(index);
            return;
        }
        self.board.set(index, if self.stopping { State::Dropped } else { State::Failed });
        self.drop_users(index);
        if !self.keep_going {
            self.stop();
        }
    }

    fn try_alone(&mut self, index: usize) {
        self.regained(index);
        if !self.stopping && self.board[index].state.is_under_way() {
            self.board.set(index, State::Ready);
            self.board.urge(index, |node| (node.first, node.alone) = (true, true));
        }
    }

    fn drop_users(&mut self, index: usize) {
        let mut open = self.board[index].users.clone();
        while let Some(index) = open.pop() {
            if !self.board[index].state.is_final() {
                self.end(index, State::Dropped);
                self.regained(index);
                open.extend(self.board[index].users.iter());
            }
        }
    }

    fn abandoned(&mut self, call: Call) {
        for index in self.board.calls.close(call) {
            let calls = &mut self.board[index].calls;
            calls.retain(|other| *other != call);
            let unwanted = calls.is_empty();
            // What another build brings back ends with that one.
            if unwanted && self.board[index].build == index && !self.board[index].state.is_final() {
                let state = if self.board[index].was_done { State::Done } else { State::Abandoned };
                self.end(index, state);
                self.regained(index);
            }
        }
    }

    fn stop(&mut self) {
        self.stopping = true;
        for index in 0..self.board.len() {
            if !self.board[index].state.is_final() {
                self.end(index, State::Dropped);
            }
        }
    }

    /// Ends what may be under way.
    fn end(&mut self, index: usize, state: State) {
        let (id, now) = (self.board[index].id, self.board[index].state);
        if matches!(now, State::AtGate | State::Locking | State::WaitingForLock | State::WaitingForHost) {
            self.board.actions.push(Action::Refuse(id));
        }
        if now.is_under_way() {
            self.board.actions.push(Action::Cancel(id));
        }
        self.board.set(index, state);
    }

    /// Begins whatever may begin.
    fn advance(&mut self) -> Vec<Action> {
        if self.stopping {
            self.ask_host();
        } else {
            self.submit();
            self.admit();
        }
        std::mem::take(&mut self.board.actions)
    }
}
