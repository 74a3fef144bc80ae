//! Where the time of a build went: how long each step ran, and what the steps waited for.
//!
//! A recorder is told what moves, with the time at which it does; it reads no clock itself.

use crate::digest::VertexId;
use crate::event::{Step, Summary, TimedStep};
use crate::graph::Vertex;
use indexmap::IndexMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How many of the slowest steps a summary names.
const SLOWEST: usize = 10;

/// What a step's time goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The engine is busy with it, or it waits for other steps; or it is over.
    Aside,
    /// It could be submitted. Whether that was a wait for a slot shows only when it asks at its gate: what is cached never does.
    Ready,
    /// It needs a slot of this build.
    Slot,
    /// It needs a lock that somebody holds.
    Lock,
    /// It needs a slot of the whole machine.
    Host,
    /// Its process runs.
    Runs,
}

/// Adds up what happens to the steps of one build.
#[derive(Debug, Default)]
pub struct Recorder {
    /// All vertices, inputs before those that use them.
    vertices: IndexMap<VertexId, Known>,
    waited_for_locks: Duration,
    waited_for_slots: Duration,
    waited_for_host: Duration,
}

#[derive(Debug)]
struct Known {
    step: Arc<Step>,
    inputs: Vec<VertexId>,
    phase: Phase,
    since: Duration,
    /// How long it was ready before it was submitted.
    held_back: Duration,
    /// How long its process ran so far, all tries together; `None` while there was none.
    ran: Option<Duration>,
}

impl Recorder {
    /// Gets to know a vertex; its inputs come first. One that is known already stays as it is.
    pub fn add(&mut self, vertex: &Vertex, step: &Arc<Step>) {
        self.vertices.entry(vertex.id).or_insert_with(|| Known {
            step: step.clone(),
            inputs: vertex.dependencies(),
            phase: Phase::Aside,
            since: Duration::ZERO,
            held_back: Duration::ZERO,
            ran: None,
        });
    }

    /// Notes that from `now` on a step's time goes to something else. Saying the same again changes nothing.
    pub fn moved(&mut self, id: VertexId, phase: Phase, now: Duration) {
        self.moved_since(id, phase, now, now);
    }

    /// Notes a wait that began at `since` and is told at `now` only.
    pub fn waits_since(&mut self, id: VertexId, phase: Phase, since: Duration, now: Duration) {
        self.moved_since(id, phase, since, now);
    }

    /// Notes that a step has ended, and for how long it ran by the account that is shown of it; `None` if there was nothing to do.
    pub fn ended(&mut self, id: VertexId, took: Option<Duration>, now: Duration) {
        let Some(known) = self.vertices.get_mut(&id).filter(|known| known.step.counted) else { return };
        if known.phase == Phase::Runs {
            known.phase = Phase::Aside;
            if let Some(took) = took {
                *known.ran.get_or_insert_default() += took;
            }
        }
        self.moved(id, Phase::Aside, now);
    }

    fn moved_since(&mut self, id: VertexId, phase: Phase, since: Duration, now: Duration) {
        let Some(known) = self.vertices.get_mut(&id).filter(|known| known.step.counted) else { return };
        if known.phase == phase {
            return;
        }
        // What was told late counts from its beginning, as far as nothing else has counted that time.
        let since = since.clamp(known.since.min(now), now);
        let spent = since.saturating_sub(known.since);
        match known.phase {
            Phase::Aside => {}
            Phase::Ready => known.held_back = spent,
            Phase::Slot => self.waited_for_slots += spent,
            Phase::Lock => self.waited_for_locks += spent,
            Phase::Host => self.waited_for_host += spent,
            Phase::Runs => *known.ran.get_or_insert_default() += spent,
        }
        if phase == Phase::Slot {
            self.waited_for_slots += std::mem::take(&mut known.held_back);
        }
        known.phase = phase;
        known.since = since;
    }

    /// Where the time went; `None` when no step ran.
    #[must_use]
    pub fn summary(&self) -> Option<Summary> {
        let timed = |known: &Known| known.ran.map(|took| TimedStep { step: known.step.clone(), took });
        let mut slowest: Vec<TimedStep> = self.vertices.values().filter_map(timed).collect();
        if slowest.is_empty() {
            return None;
        }
        let ran = slowest.iter().map(|timed| timed.took).sum();
        slowest.sort_by_key(|timed| std::cmp::Reverse(timed.took));
        slowest.truncate(SLOWEST);
        Some(Summary {
            slowest,
            critical_path: self.critical_path().into_iter().filter_map(timed).collect(),
            ran,
            waited_for_locks: self.waited_for_locks,
            waited_for_slots: self.waited_for_slots,
            waited_for_host: self.waited_for_host,
        })
    }

    /// The vertices on the longest way, first one first. Of equal ways it is the one that was known first.
    fn critical_path(&self) -> Vec<&Known> {
        // For each vertex the time to its end, and the input that decides it.
        let mut ways: HashMap<VertexId, (Duration, Option<VertexId>)> = HashMap::new();
        let mut last: Option<(Duration, VertexId)> = None;
        for (id, known) in &self.vertices {
            let mut way = (Duration::ZERO, None);
            for input in &known.inputs {
                if let Some((before, _)) = ways.get(input).filter(|(before, _)| *before > way.0) {
                    way = (*before, Some(*input));
                }
            }
            way.0 += known.ran.unwrap_or_default();
            ways.insert(*id, way);
            if last.is_none_or(|(longest, _)| way.0 > longest) {
                last = Some((way.0, *id));
            }
        }
        let mut path = Vec::new();
        let mut at = last.map(|(_, id)| id);
        while let Some(id) = at {
            path.extend(self.vertices.get(&id));
            at = ways.get(&id).and_then(|(_, input)| *input);
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
