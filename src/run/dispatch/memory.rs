//! Room in memory for a further step, and steps that were killed for want of it.

use super::dispatcher::Dispatch;
use crate::digest::VertexId;
use crate::engine::EngineError;
use crate::event::Event;
use crate::graph::Op;
use crate::graph::encode::process_own;
use crate::run::schedule::{Event as Happened, State};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// What a shell and an engine give as the exit code of a process that was killed with SIGKILL: 128 + 9.
const KILLED: i32 = 137;
/// How often memory is read while a step is held back.
const READ_EACH: Duration = Duration::from_millis(500);

/// For so long after its begin, what a step is known to need counts as taken, whether it has taken it already or not.
const PROMISED_FOR: Duration = Duration::from_secs(10);

/// Memory that steps which have just begun are going to take, in bytes.
#[derive(Debug, Default)]
pub struct Promises(HashMap<VertexId, (Instant, u64)>);

impl Promises {
    fn sum(&self) -> u64 {
        let young = self.0.values().filter(|(since, _)| since.elapsed() < PROMISED_FOR);
        young.fold(0, |sum, (_, bytes)| sum.saturating_add(*bytes))
    }
}

impl Dispatch {
    /// Reads how much memory a further step may take. Where nobody knows, nothing is held back.
    pub(super) fn read_memory(&mut self) {
        self.read_memory_at = None;
        let reading = self.setting.pressure.as_ref().and_then(|pressure| pressure.read());
        let room = reading.map_or(u64::MAX, |reading| reading.room().saturating_sub(self.promises.sum()));
        self.happened(Happened::Room(room));
    }

    /// Keeps what a step is known to need for it, as long as it holds a slot.
    pub(super) fn promise_memory(&mut self, id: VertexId, state: State) {
        if !state.holds_slot() {
            self.promises.0.remove(&id);
        } else if self.setting.pressure.is_some()
            && let Some(own) = self.vertices.get(&id).and_then(|vertex| process_own(&vertex.op))
            && let Some(bytes) = self.setting.peaks.get(&own)
        {
            self.promises.0.insert(id, (Instant::now(), bytes));
        }
    }

    pub(super) fn read_memory_later(&mut self) {
        self.read_memory_at = Some(Instant::now() + READ_EACH);
    }

    /// Whether a step was killed, most likely for want of memory, and is to be tried once more, alone.
    pub(super) fn is_worth_another_try(&mut self, id: VertexId, error: &EngineError) -> bool {
        // What a command has done to the user's files is not undone.
        let in_container = self.vertices.get(&id).is_some_and(|vertex| !matches!(vertex.op, Op::Host(_)));
        self.setting.pressure.is_some()
            && in_container
            && matches!(error, EngineError::Exit(KILLED))
            && self.tried_alone.insert(id)
    }

    pub(super) fn try_alone(&mut self, id: VertexId) {
        if let Some(step) = self.setting.steps.get(id) {
            let (name, target) = (&step.name, &step.target);
            let note = format!(
                "`{name}` of {target} was killed, most likely for want of memory; it is tried once more, alone"
            );
            self.setting.steps.send(Event::Note(note));
        }
        self.happened(Happened::TryAlone(id));
    }

    pub(super) fn note_peak(&self, id: VertexId, bytes: u64) {
        if let Some(own) = self.vertices.get(&id).and_then(|vertex| process_own(&vertex.op)) {
            self.setting.peaks.note(&own, bytes);
        }
    }
}
