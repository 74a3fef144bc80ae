//! Who goes next: to the engine, and through the gates.

use super::machine::{Action, Schedule};
use super::node::{Kind, State};

/// Solves that wait at one connection to an engine; more than 200 block it.
const MAX_SUBMITTED: usize = 100;
const MAX_CONTEXTS: usize = 2;
const MAX_IMAGES: usize = 4;

impl Schedule {
    /// Hands to the engine what is ready, as much of each class as may be there.
    pub(super) fn submit(&mut self) {
        for (class, cap) in [MAX_SUBMITTED, self.limit, MAX_CONTEXTS, MAX_IMAGES].into_iter().enumerate() {
            while self.board.under_way(class) < cap
                && let Some(index) = self.board.next_ready(class)
            {
                self.board.put_in_build(index, index);
                self.board.set(index, State::Submitted);
                self.board.actions.push(Action::Submit(self.board[index].id));
            }
        }
    }

    /// Lets steps at their gates go on while slots are free.
    pub(super) fn admit(&mut self) {
        while self.has_slot()
            && let Some(index) = self.board.next_at_gate()
        {
            self.board.urge(index, |node| node.first = false);
            if self.board[index].kind == (Kind::Step { locks: true }) {
                self.board.set(index, State::Locking);
                self.board.actions.push(Action::TakeLocks(self.board[index].id));
            } else {
                self.open(index);
            }
        }
    }

    /// A step has its locks.
    pub(super) fn locked(&mut self, index: usize) {
        let id = self.board[index].id;
        match self.board[index].state {
            State::Locking => self.open(index),
            State::WaitingForLock if self.has_slot() => self.open(index),
            State::WaitingForLock => {
                self.board.actions.push(Action::GiveBackLocks(id));
                self.board.urge(index, |node| node.first = true);
                self.board.set(index, State::AtGate);
            }
            _ => self.board.actions.push(Action::GiveBackLocks(id)),
        }
    }

    fn has_slot(&self) -> bool {
        self.board.slots() < self.limit
    }

    fn open(&mut self, index: usize) {
        self.board.set(index, State::Running);
        self.board.actions.push(Action::Open(self.board[index].id));
    }
}
