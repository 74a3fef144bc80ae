//! What each step of a build did, and when.
//!
//! A recorder is told what moves, with the time at which it does; it reads no clock itself.

use super::summary::critical_path;
use crate::digest::VertexId;
use crate::event::{Failure, Step, StepPhase};
use crate::graph::Vertex;
use crate::history::{End, How, Output, Record, Span, Spent, StepRecord};
use indexmap::IndexMap;
use std::sync::Arc;
use std::time::Duration;

/// What a step's time goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// The engine is busy with it, or it waits for other steps; or it is over.
    Aside,
    /// It could be submitted. Whether that was a wait for a slot shows only when it asks at its gate: what is cached never does.
    Ready,
    /// It waits, or runs.
    In(Spent),
}

/// Keeps what happens to the steps of one build.
#[derive(Debug, Default)]
pub struct Recorder {
    /// All vertices, inputs before those that use them.
    steps: IndexMap<VertexId, Known>,
    outputs: Vec<Output>,
}

#[derive(Debug)]
struct Known {
    record: StepRecord,
    phase: Phase,
    since: Duration,
    /// When it was ready and not yet submitted.
    held_back: Option<(Duration, Duration)>,
}

impl Recorder {
    /// Gets to know a vertex; its inputs come first. One that is known already stays as it is.
    pub fn add(&mut self, vertex: &Vertex, step: &Arc<Step>, now: Duration) {
        if self.steps.contains_key(&vertex.id) {
            return;
        }
        let needs = vertex.dependencies().iter().filter_map(|input| self.steps.get_index_of(input)).collect();
        let record = StepRecord {
            step: step.clone(),
            needs,
            known: now,
            spans: Vec::new(),
            parts: Vec::new(),
            printed: 0,
            end: None,
        };
        self.steps.insert(vertex.id, Known { record, phase: Phase::Aside, since: now, held_back: None });
    }

    /// Notes that from `now` on a step's time goes to something else. Saying the same again changes nothing.
    pub fn moved(&mut self, id: VertexId, phase: Phase, now: Duration) {
        self.moved_since(id, phase, now, now);
    }

    /// Notes a wait for the whole machine that began at `since` and is told at `now` only.
    pub fn waits_for_host(&mut self, id: VertexId, since: Duration, now: Duration) {
        self.moved_since(id, Phase::In(Spent::WaitingForHost), since, now);
    }

    /// Notes which lock it is that a step waits for. Of several it may be one after the other.
    pub fn waits_for_lock(&mut self, id: VertexId, name: &str, by: Option<&str>, now: Duration) {
        let Some(known) = self.steps.get_mut(&id) else { return };
        let Phase::In(Spent::WaitingForLock { lock, holder }) = &mut known.phase else { return };
        if lock.as_deref().is_some_and(|known| known != name) {
            let next = Spent::WaitingForLock { lock: Some(name.to_owned()), holder: by.map(str::to_owned) };
            return self.moved(id, Phase::In(next), now);
        }
        *lock = Some(name.to_owned());
        if holder.is_none() {
            *holder = by.map(str::to_owned);
        }
    }

    /// Notes what part of its work a step begins with.
    pub fn part(&mut self, id: VertexId, part: StepPhase, now: Duration) {
        if let Some(known) = self.steps.get_mut(&id) {
            known.record.parts.push((now, part));
        }
    }

    /// Notes that a step printed something.
    pub fn printed(&mut self, id: VertexId, bytes: usize) {
        if let Some(known) = self.steps.get_mut(&id) {
            known.record.printed += u64::try_from(bytes).unwrap_or(u64::MAX);
        }
    }

    /// Notes what the build made.
    pub fn made(&mut self, output: Output) {
        self.outputs.push(output);
    }

    /// Notes how a step has ended, and for how long it ran by the account that is shown of it; `None` if there was nothing to do.
    pub fn ended(&mut self, id: VertexId, how: How, took: Option<Duration>, now: Duration) {
        let Some(known) = self.steps.get_mut(&id) else { return };
        if known.record.step.counted {
            known.stop(took, now);
        } else if let Some(took) = took.filter(|took| !took.is_zero()) {
            known.spend(Spent::Running, now.saturating_sub(took), now);
        }
        known.record.end = Some(End { at: now, how });
    }

    /// Notes that a step was stopped, or will never run.
    pub fn cancelled(&mut self, id: VertexId, now: Duration) {
        if let Some(known) = self.steps.get_mut(&id) {
            known.moved(Phase::Aside, now, now);
            known.record.end = Some(End { at: now, how: How::Cancelled });
        }
    }

    /// Notes that a step that had ended well has failed after all.
    pub fn failed_after_all(&mut self, id: VertexId, failure: Arc<Failure>, now: Duration) {
        if let Some(known) = self.steps.get_mut(&id) {
            known.record.end = Some(End { at: now, how: How::Failed(failure) });
        }
    }

    fn moved_since(&mut self, id: VertexId, phase: Phase, since: Duration, now: Duration) {
        let Some(known) = self.steps.get_mut(&id).filter(|known| known.record.step.counted) else { return };
        known.moved(phase, since, now);
    }

    /// All that is known by now, with the cap of the build.
    #[must_use]
    pub fn record(&self, limit: usize) -> Record {
        let steps: Vec<StepRecord> = self.steps.values().map(|known| known.record.clone()).collect();
        Record { limit, critical_path: critical_path(&steps), steps, outputs: self.outputs.clone() }
    }
}

impl Known {
    fn moved(&mut self, phase: Phase, since: Duration, now: Duration) {
        if self.is_in(&phase) {
            return;
        }
        // What was told late counts from its beginning, as far as nothing else has counted that time.
        let since = since.clamp(self.since.min(now), now);
        let from = std::mem::replace(&mut self.since, since);
        match std::mem::replace(&mut self.phase, phase) {
            Phase::Aside => {}
            Phase::Ready => self.held_back = Some((from, since)),
            Phase::In(spent) => self.spend(spent, from, since),
        }
        if let Phase::In(spent) = &self.phase {
            if *spent == Spent::WaitingForSlot
                && let Some((from, to)) = self.held_back.take()
            {
                self.spend(Spent::WaitingForSlot, from, to);
            }
            // It is not over, whatever was said before.
            self.record.end = None;
        }
    }

    /// Whether this is what its time goes to. A wait for a lock is the same wait when it is told which lock it is.
    fn is_in(&self, phase: &Phase) -> bool {
        match (&self.phase, phase) {
            (
                Phase::In(Spent::WaitingForLock { .. }),
                Phase::In(Spent::WaitingForLock { lock: None, holder: None }),
            ) => true,
            (current, phase) => current == phase,
        }
    }

    /// Ends what it does. If it ran, it did so for the time that is told, or not at all.
    fn stop(&mut self, took: Option<Duration>, now: Duration) {
        match (&self.phase, took) {
            (Phase::In(Spent::Running), Some(took)) => {
                self.spend(Spent::Running, self.since, self.since + took);
                self.phase = Phase::Aside;
            }
            (Phase::In(Spent::Ending), Some(took)) => {
                let began = self.record.spans.last().map_or(self.since, |span| span.from);
                self.spend(Spent::Ending, self.since, (began + took).max(self.since));
                self.phase = Phase::Aside;
            }
            // The gate was open when it showed that somebody else had run it.
            (Phase::In(Spent::Running), None) => self.phase = Phase::Aside,
            (Phase::In(Spent::Ending), None) => {
                self.record.spans.pop();
                self.phase = Phase::Aside;
            }
            _ => {}
        }
        self.moved(Phase::Aside, now, now);
    }

    fn spend(&mut self, spent: Spent, from: Duration, to: Duration) {
        // That it ran counts, however short that was.
        if from < to || spent == Spent::Running {
            self.record.spans.push(Span { spent, from, to });
        }
    }
}

#[cfg(test)]
#[path = "recorder_tests.rs"]
mod tests;
