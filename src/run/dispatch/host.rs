//! Slots of the whole machine: all rbuild processes on one cache directory together run no more steps than there are slots.
//!
//! Each slot is a lock, so that the kernel frees those of a process that dies. A process has at most one place in their queue,
//! whatever number of its steps wait; so one with ten ready steps and one with a single step take turns.

use super::dispatcher::Dispatch;
use super::message::Message;
use crate::digest::VertexId;
use crate::event::StepState;
use crate::lock::{Guard, HolderInfo, LockError, LockKey, WaitOptions};
use crate::run::schedule::Event as Happened;
use crate::run::steps::Steps;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// When a wait is told for the first time. Then again when twice the time has passed, but each minute.
const FIRST_TOLD: Duration = Duration::from_millis(500);
const TOLD_EACH: Duration = Duration::from_secs(60);

/// Steps that wait for a slot of the whole machine.
#[derive(Debug, Default)]
pub struct HostWaits {
    waits: HashMap<VertexId, HostWait>,
}

#[derive(Debug, Clone, Copy)]
struct HostWait {
    since: Instant,
    told_at: Instant,
}

impl HostWaits {
    /// Notes that a step begins to wait.
    pub fn begin(&mut self, id: VertexId) {
        let since = Instant::now();
        self.waits.insert(id, HostWait { since, told_at: since + FIRST_TOLD });
    }

    /// Notes that a step waits no more.
    pub fn end(&mut self, id: VertexId) {
        self.waits.remove(&id);
    }

    /// When the next wait is to be told.
    pub fn due(&self) -> Option<Instant> {
        self.waits.values().map(|wait| wait.told_at).min()
    }

    /// Tells the waits that are due.
    pub fn tell(&mut self, steps: &Steps) {
        let now = Instant::now();
        for (id, wait) in self.waits.iter_mut().filter(|(_, wait)| wait.told_at <= now) {
            let waited = now - wait.since;
            steps.tell(*id, StepState::WaitingForHost { waited });
            wait.told_at = now + waited.min(TOLD_EACH);
        }
    }
}

impl Dispatch {
    /// Takes a slot of the whole machine, waiting for it if need be.
    pub(super) fn take_host_slot(&mut self) {
        let Some(slots) = self.setting.limits.host_parallelism else { return };
        let (locks, messages) = (self.setting.locks.clone(), self.messages());
        // One slot may serve any of the steps that wait, so that it is nobody's yet.
        let holder = HolderInfo::here("");
        let keys: Vec<LockKey> = (0..slots.max(1)).map(|number| LockKey::new("slot", number.to_string())).collect();
        self.host_beside_own = !self.host_guards.is_empty();
        let options = WaitOptions { timeout: self.setting.limits.lock_timeout, ..WaitOptions::default() };
        self.host.start((), |wait| async move {
            let queue = LockKey::new("slots", "");
            let any = |_| std::future::ready(true);
            let result = locks.lock_any(&queue, &keys, &holder, options, any, |_| {}).await;
            let _gone = messages.send(Message::Host { wait, result });
        });
    }

    /// The slot that came is this step's.
    pub(super) fn give_host_slot(&mut self, id: VertexId) {
        if let Some(slot) = self.host_slot.take() {
            slot.hold_for(&self.holder(id));
            self.host_guards.insert(id, slot);
        }
    }

    pub(super) fn leave_host_slot(&mut self) {
        self.host.cancel((), Vec::new());
        self.host_slot = None;
    }

    pub(super) fn got_host_slot(&mut self, result: Result<Guard, LockError>) {
        match result {
            Ok(guard) => {
                self.host_slot = Some(guard);
                self.happened(Happened::HostSlot);
            }
            // It was held up by its own steps as well, at the beginning or now.
            Err(LockError::Timeout { .. }) if self.host_beside_own || !self.host_guards.is_empty() => {
                self.take_host_slot();
            }
            Err(error) => self.broken_everywhere(error.into()),
        }
    }
}
