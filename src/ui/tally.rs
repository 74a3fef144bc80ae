//! How the steps of a build ended, and the line that sums it up.

use super::style::{Ink, Styles};
use super::wording;
use crate::digest::VertexId;
use crate::event::{Outcome, StepState};
use std::collections::HashMap;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Cached,
    Done,
    Failed,
    Cancelled,
}

/// Ends of steps. A step that is reported twice counts once.
#[derive(Debug, Default)]
pub(super) struct Tally {
    ends: HashMap<VertexId, End>,
    skipped: bool,
}

/// The numbers of a [`Tally`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Totals {
    /// Steps that came to a result: cached, done or failed.
    pub steps: usize,
    /// Of these, the ones whose result was there already.
    pub cached: usize,
    /// Of these, the ones that failed.
    pub failed: usize,
    /// Steps that were stopped or never ran.
    pub cancelled: usize,
}

impl Tally {
    /// Takes a step's new state.
    pub(super) fn step(&mut self, id: VertexId, state: &StepState) {
        let end = match state {
            StepState::Queued
            | StepState::WaitingForLock { .. }
            | StepState::WaitingForHost { .. }
            | StepState::Running => return,
            StepState::Cached => End::Cached,
            StepState::Done { .. } => End::Done,
            StepState::Failed { .. } => End::Failed,
            StepState::Cancelled => End::Cancelled,
        };
        self.ends.insert(id, end);
    }

    /// Takes it that nothing is done, since nothing has changed.
    pub(super) fn skip(&mut self) {
        self.skipped = true;
    }

    /// The numbers so far.
    pub(super) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for end in self.ends.values() {
            match end {
                End::Cached => totals.cached += 1,
                End::Failed => totals.failed += 1,
                End::Cancelled => totals.cancelled += 1,
                End::Done => {}
            }
            totals.steps += usize::from(*end != End::Cancelled);
        }
        totals
    }

    /// The last line of a build: `built +all in 12.3 s: 14 steps, 12 cached`, or `skipped +all in 70 ms`.
    pub(super) fn summary(&self, outcome: Outcome, targets: &[String], took: Duration, styles: Styles) -> String {
        let totals = self.totals();
        let (verb, ink) = match outcome {
            Outcome::Succeeded if self.skipped => ("skipped", Ink::Good),
            Outcome::Succeeded => ("built", Ink::Good),
            Outcome::Failed => ("failed", Ink::Bad),
            Outcome::Interrupted => ("interrupted", Ink::Warn),
        };
        let mut parts = vec![wording::count(totals.steps, "step"), format!("{} cached", totals.cached)];
        if totals.failed > 0 {
            parts.push(format!("{} failed", totals.failed));
        }
        if totals.cancelled > 0 {
            parts.push(format!("{} cancelled", totals.cancelled));
        }
        let head = [verb.to_owned(), names(targets)].join(" ");
        let head = format!("{} in {}", styles.paint(ink, head.trim_end()), wording::duration(took));
        if self.skipped { head } else { format!("{head}: {}", parts.join(", ")) }
    }
}

/// What was asked for: `+a`, `+a, +b`, `+a, +b, +c and 4 more`.
pub(super) fn names(targets: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = targets[..targets.len().min(SHOWN)].join(", ");
    if targets.len() > SHOWN { format!("{shown} and {} more", targets.len() - SHOWN) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn summaries_count_each_step_once() {
        let mut tally = Tally::default();
        let id = |name: &str| VertexId(Digest::of(name));
        let styles = Styles { colour: false, unicode: true };
        let targets = ["+a", "+b", "+c", "+d"].map(str::to_owned);
        assert_eq!(tally.summary(Outcome::Succeeded, &[], Duration::ZERO, styles), "built in 0 ms: 0 steps, 0 cached");
        let skipped = Tally { skipped: true, ..Tally::default() };
        assert_eq!(skipped.summary(Outcome::Succeeded, &targets[..1], Duration::ZERO, styles), "skipped +a in 0 ms");
        tally.step(id("a"), &StepState::Running);
        tally.step(id("a"), &StepState::Done { took: Duration::ZERO });
        tally.step(id("a"), &StepState::Cached);
        let took = Duration::from_millis(12_300);
        assert_eq!(
            tally.summary(Outcome::Succeeded, &targets[..1], took, styles),
            "built +a in 12.3 s: 1 step, 1 cached"
        );
        tally.step(id("b"), &StepState::Cancelled);
        assert_eq!(
            tally.summary(Outcome::Interrupted, &targets, took, styles),
            "interrupted +a, +b, +c and 1 more in 12.3 s: 1 step, 1 cached, 1 cancelled"
        );
    }
}
