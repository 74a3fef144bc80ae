//! Where the time of a build went: how long each step ran, and what the steps waited for.

use crate::event::{Summary, TimedStep};
use crate::history::{Record, Span, Spent, StepRecord};
use std::time::Duration;

/// How many of the slowest steps a summary names.
const SLOWEST: usize = 10;

/// Adds up a record; `None` when no step ran that counts against the cap.
#[must_use]
pub fn summary(record: &Record) -> Option<Summary> {
    let timed = |record: &StepRecord| Some(TimedStep { step: record.step.clone(), took: record.ran()? });
    let counted = record.steps.iter().filter(|record| record.step.counted);
    let mut slowest: Vec<TimedStep> = counted.filter_map(timed).collect();
    if slowest.is_empty() {
        return None;
    }
    let ran = slowest.iter().map(|timed| timed.took).sum();
    slowest.sort_by_key(|timed| std::cmp::Reverse(timed.took));
    slowest.truncate(SLOWEST);
    let sum = |wanted: fn(&Spent) -> bool| {
        let spans = record.steps.iter().flat_map(|step| &step.spans);
        spans.filter(|span| wanted(&span.spent)).map(Span::took).sum()
    };
    Some(Summary {
        slowest,
        critical_path: record.critical_path.iter().filter_map(|at| timed(&record.steps[*at])).collect(),
        ran,
        waited_for_locks: sum(|spent| matches!(spent, Spent::WaitingForLock { .. })),
        waited_for_slots: sum(|spent| matches!(spent, Spent::WaitingForSlot)),
        waited_for_host: sum(|spent| matches!(spent, Spent::WaitingForHost)),
    })
}

/// The steps on the longest way, first one first, as positions; what is no process takes its time there as well. Of equal ways it is
/// the one that was known first.
#[must_use]
pub fn critical_path(steps: &[StepRecord]) -> Vec<usize> {
    // For each step the time to its end, and the input that decides it.
    let mut ways: Vec<(Duration, Option<usize>)> = Vec::with_capacity(steps.len());
    let mut last: Option<(Duration, usize)> = None;
    for (at, step) in steps.iter().enumerate() {
        let mut way = (Duration::ZERO, None);
        for input in &step.needs {
            if ways[*input].0 > way.0 {
                way = (ways[*input].0, Some(*input));
            }
        }
        way.0 += step.ran().unwrap_or_default();
        ways.push(way);
        if last.is_none_or(|(longest, _)| way.0 > longest) {
            last = Some((way.0, at));
        }
    }
    let longest = last.filter(|(longest, _)| !longest.is_zero()).map(|(_, at)| at);
    let mut path: Vec<usize> = std::iter::successors(longest, |at| ways[*at].1).collect();
    // What was cached on the way took nothing.
    path.retain(|at| steps[*at].ran().is_some());
    path.reverse();
    path
}
