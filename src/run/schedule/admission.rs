//! Who goes next: to the engine, and through the gates.

use super::machine::{Action, Schedule};
use super::node::{Kind, State};

/// Solves that wait at one connection to an engine; more than 200 block it.
const MAX_SUBMITTED: usize = 100;
const MAX_CONTEXTS: usize = 2;
const MAX_IMAGES: usize = 4;

/// What was asked of the machine, and what is known of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Admission {
    /// Whether a slot of the whole machine is on its way. There is never more than one, so that others get theirs in between.
    host_asked: bool,
    /// Bytes of memory that may be used, as long as nothing has happened since they were read.
    room: Option<u64>,
    /// Whether memory is going to be read.
    room_asked: bool,
    /// Steps that got their locks when slots were set aside for others that try to take theirs. They keep what they have until it is
    /// clear how those fared: two steps of one lock would else hand it back and forth for ever, each finding it taken by the other.
    holders: Vec<usize>,
}

impl Admission {
    /// Takes a reading.
    pub fn room(&mut self, bytes: u64) {
        self.room = Some(bytes);
        self.room_asked = false;
    }
}

impl Schedule {
    /// Hands to the engine what is ready, as much of each class as may be there.
    pub(super) fn submit(&mut self) {
        for (class, cap) in [MAX_SUBMITTED, self.caps.limit, MAX_CONTEXTS, MAX_IMAGES].into_iter().enumerate() {
            while self.board.under_way(class) < cap
                && let Some(index) = self.board.next_ready(class)
            {
                self.board.put_in_build(index, index);
                self.board.set(index, State::Submitted);
                self.board.actions.push(Action::Submit(self.board[index].id));
            }
        }
    }

    /// Lets steps at their gates go on while there is place for them. Nobody overtakes: what is first in the queue and has to wait
    /// lets nobody pass, or a step that needs much would wait for ever. What runs in the slots of a build that waits for it stands in no
    /// queue: they are free for nobody else.
    pub(super) fn admit(&mut self) {
        for index in std::mem::take(&mut self.admission.holders) {
            if self.board[index].state == State::WaitingForLock {
                self.locked(index);
            }
        }
        for index in self.board.at_gate().collect::<Vec<_>>() {
            if self.is_lent_a_slot(index) {
                self.enter(index);
            }
        }
        for index in self.board.at_host().collect::<Vec<_>>() {
            if self.is_lent_a_host_slot(index) {
                self.run(index);
            }
        }
        while let Some(index) = self.next_in_queue()
            && self.has_place(index)
        {
            self.enter(index);
        }
        self.admission.room = None;
        self.ask_host();
    }

    fn next_in_queue(&self) -> Option<usize> {
        self.board.at_gate().find(|index| !self.is_waited_for(*index))
    }

    /// Gives a step at its gate a slot.
    fn enter(&mut self, index: usize) {
        self.board.urge(index, |node| node.first = false);
        if self.board[index].kind == (Kind::Step { locks: true }) {
            self.board.set(index, State::Locking);
            self.board.actions.push(Action::TakeLocks(self.board[index].id));
        } else {
            self.open(index);
        }
    }

    /// A step has its locks.
    pub(super) fn locked(&mut self, index: usize) {
        let id = self.board[index].id;
        let state = self.board[index].state;
        match state {
            State::Locking => self.open(index),
            // Where memory counts, it has to be read first.
            State::WaitingForLock if self.has_place(index) => self.open(index),
            State::WaitingForLock if self.board.locking() > 0 => self.admission.holders.push(index),
            State::WaitingForLock => {
                self.board.actions.push(Action::GiveBackLocks(id));
                self.board.urge(index, |node| node.first = true);
                self.board.set(index, State::AtGate);
            }
            _ => self.board.actions.push(Action::GiveBackLocks(id)),
        }
    }

    /// A slot of the whole machine has come.
    pub(super) fn host_slot(&mut self) {
        self.admission.host_asked = false;
        match self.board.next_at_host() {
            Some(index) => self.run(index),
            None => self.board.actions.push(Action::LeaveHostSlot),
        }
    }

    /// Whether a step may take a slot now. One always may.
    fn has_place(&mut self, index: usize) -> bool {
        if self.is_waited_for(index) {
            return self.is_lent_a_slot(index);
        }
        let used = self.board.slots();
        if used == 0 {
            return true;
        }
        let together = !self.board[index].alone && !self.board.is_one_alone();
        used < self.caps.limit && together && (!self.caps.memory || self.has_room(index))
    }

    /// Whether a step runs in the build of another one whose gate is open: that one's process waits for the result.
    fn is_waited_for(&self, index: usize) -> bool {
        let build = self.board[index].build;
        build != index && self.board[build].state == State::Running
    }

    /// Whether a step may have the slot of the process that waits for it. It is no further process, so it is asked neither for memory nor to
    /// be alone; but one at a time is.
    fn is_lent_a_slot(&self, index: usize) -> bool {
        self.is_waited_for(index) && !self.is_beside(index, State::holds_slot)
    }

    /// The same for that process's slot of the whole machine.
    fn is_lent_a_host_slot(&self, index: usize) -> bool {
        self.is_waited_for(index) && !self.is_beside(index, |state| state == State::Running)
    }

    /// Whether something else that is brought about in the same build is in such a state.
    fn is_beside(&self, index: usize, is: impl Fn(State) -> bool) -> bool {
        let guests = self.board.guests(self.board[index].build);
        guests.into_iter().any(|other| other != index && is(self.board[other].state))
    }

    fn has_room(&mut self, index: usize) -> bool {
        let need = self.board[index].memory;
        match self.admission.room {
            Some(room) if room > 0 && need <= room => {
                self.admission.room = Some(room - need);
                true
            }
            Some(_) => {
                if !self.admission.room_asked {
                    self.admission.room_asked = true;
                    self.board.actions.push(Action::ReadMemoryLater);
                }
                false
            }
            None => {
                if !self.admission.room_asked {
                    self.admission.room_asked = true;
                    self.board.actions.push(Action::ReadMemory);
                }
                false
            }
        }
    }

    fn open(&mut self, index: usize) {
        if self.caps.host && !self.is_lent_a_host_slot(index) {
            self.board.set(index, State::WaitingForHost);
        } else {
            self.run(index);
        }
    }

    fn run(&mut self, index: usize) {
        self.board.set(index, State::Running);
        self.board.actions.push(Action::Open(self.board[index].id));
    }

    /// Asks for a slot of the whole machine when a step needs one; leaves its queue when none does.
    pub(super) fn ask_host(&mut self) {
        let needed = self.board.next_at_host().is_some();
        if needed != self.admission.host_asked {
            self.admission.host_asked = needed;
            self.board.actions.push(if needed { Action::TakeHostSlot } else { Action::LeaveHostSlot });
        }
    }
}
