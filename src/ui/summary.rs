//! Where the time of a build went, in a few lines before its last one.

use super::style::{Ink, Styles};
use super::{escape, measure, wording};
use crate::event::{Outcome, Summary, TimedStep};
use std::time::Duration;

/// Of a build that took less there is nothing to say.
const WORTH_IT: Duration = Duration::from_secs(5);
/// A slow step takes at least this long.
const SLOW: Duration = Duration::from_secs(1);
/// A sum of waits is worth telling from here on.
const LONG_WAIT: Duration = Duration::from_millis(500);
/// How many of the slowest steps are named.
const SLOWEST: usize = 5;
/// How wide lines get where the width is not known.
const UNKNOWN_WIDTH: usize = 120;

/// The lines about a build that took this long, none wider than `width`. After a failure only the waits are told: what counts then
/// stands above.
pub(super) fn lines(
    summary: &Summary,
    outcome: Outcome,
    took: Duration,
    width: Option<usize>,
    styles: Styles,
) -> Vec<String> {
    if took < WORTH_IT {
        return Vec::new();
    }
    let width = width.unwrap_or(UNKNOWN_WIDTH);
    let mut lines = Vec::new();
    if outcome == Outcome::Succeeded {
        lines.extend(slowest(&summary.slowest, width, styles));
    }
    lines.extend(waits(summary, width, styles));
    if outcome == Outcome::Succeeded && summary.slowest.len() > 1 {
        lines.extend(critical_path(&summary.critical_path, width, styles));
    }
    lines
}

/// `slowest steps:`, and a line for each: `  12.3 s  +test   RUN go test ./...`. Of one step alone its own line told it.
fn slowest(steps: &[TimedStep], width: usize, styles: Styles) -> Vec<String> {
    let slow: Vec<_> = steps.iter().take(SLOWEST).filter(|timed| timed.took >= SLOW).collect();
    if slow.len() < 2 {
        return Vec::new();
    }
    let rows: Vec<(String, String, String)> = slow
        .iter()
        .map(|timed| (wording::duration(timed.took), escape::word(&timed.step.target), escape::word(&timed.step.name)))
        .collect();
    let widest = |of: &dyn Fn(&(String, String, String)) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let time = widest(&|row| measure::width(&row.0));
    let target = widest(&|row| measure::width(&row.1)).min(width / 3);
    let head = head("slowest steps:", "", width, styles);
    let row = |(took, name, command): &(String, String, String)| {
        let name = measure::pad(&measure::clip(name, target, styles.ellipsis()), target);
        measure::clip(&format!("  {took:>time$}  {name}  {command}"), width, styles.ellipsis())
    };
    std::iter::once(head).chain(rows.iter().map(row)).collect()
}

/// `waited in all: 12.0 s for locks, 1 min 03 s for slots, 4.0 s for the host`
fn waits(summary: &Summary, width: usize, styles: Styles) -> Option<String> {
    let kinds = [
        (summary.waited_for_locks, "locks"),
        (summary.waited_for_slots, "slots"),
        (summary.waited_for_host, "the host"),
    ];
    let long = kinds.into_iter().filter(|(waited, _)| *waited >= LONG_WAIT);
    let parts: Vec<String> = long.map(|(waited, what)| format!("{} for {what}", wording::duration(waited))).collect();
    (!parts.is_empty()).then(|| head("waited in all:", &parts.join(", "), width, styles))
}

/// `critical path: 20.4 s, +deps 5.2 s → +build 3.2 s → +test 12.0 s`, in at most two lines. Steps of one target that follow each other
/// are one.
fn critical_path(steps: &[TimedStep], width: usize, styles: Styles) -> Vec<String> {
    let mut targets: Vec<(&str, Duration)> = Vec::new();
    for TimedStep { step, took } in steps {
        match targets.last_mut() {
            Some((target, sum)) if **target == *step.target => *sum += *took,
            _ => targets.push((&step.target, *took)),
        }
    }
    let total = wording::duration(steps.iter().map(|timed| timed.took).sum());
    if let [(target, _)] = targets[..] {
        return vec![head("critical path:", &format!("{total}, all of it in {}", escape::word(target)), width, styles)];
    }
    let arrow = format!(" {} ", styles.then());
    let pieces = targets.iter().map(|(target, took)| format!("{} {}", escape::word(target), wording::duration(*took)));
    let mut pieces: Vec<String> = pieces.collect();
    let all = pieces.join(&arrow);
    let one = format!("{total}, {all}");
    let room = width.saturating_sub(measure::width("critical path: "));
    if measure::width(&one) <= room {
        return vec![head("critical path:", &one, width, styles)];
    }
    // The first line takes what fits, the second one the rest, cut if need be.
    let mut first = format!("{total}, {}", pieces.remove(0));
    while !pieces.is_empty() && measure::width(&first) + measure::width(&arrow) + measure::width(&pieces[0]) <= room {
        first = [first, pieces.remove(0)].join(&arrow);
    }
    let rest = format!("  {} {}", styles.then(), pieces.join(&arrow));
    vec![head("critical path:", &first, width, styles), measure::clip(&rest, width, styles.ellipsis())]
}

/// A line with its first words in bold.
fn head(words: &str, rest: &str, width: usize, styles: Styles) -> String {
    let words = measure::clip(words, width, "");
    let room = width.saturating_sub(measure::width(&words) + 1);
    let rest = measure::clip(rest, room, styles.ellipsis());
    format!("{} {rest}", styles.paint(Ink::Bold, &words)).trim_end().to_owned()
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
