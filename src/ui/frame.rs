//! The lines that are drawn over: what runs, what waits, and the numbers.

use super::label::Labels;
use super::notice::Wait;
use super::renderer::Size;
use super::style::{Ink, Styles};
use super::{measure, notice, tally, wording};
use crate::event::{Counts, Step};
use std::sync::Arc;
use std::time::Duration;

/// So many live lines there is always room for, unless the terminal is lower; else they take a third of its rows.
const FEW: usize = 3;
/// A command is never cut to fewer columns than this, nor output shown in fewer.
pub(super) const LEAST: usize = 10;
/// Columns of a time: `59.9 s`. Longer ones take more.
pub(super) const TIME: usize = 6;
/// The spinner's next picture comes after this many milliseconds.
const SPIN: u128 = 100;

/// A step that runs or waits.
#[derive(Debug, Clone)]
pub(super) struct Activity {
    /// The step.
    pub step: Arc<Step>,
    /// Which of the two.
    pub kind: Kind,
    /// What it printed last, without escapes; empty where that is nothing.
    pub last_line: String,
}

/// What a step is busy with.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// It runs.
    Running {
        /// When it began.
        since: Duration,
    },
    /// It cannot run yet.
    Waiting {
        /// For what.
        wait: Wait,
        /// For how long, as last said.
        waited: Duration,
        /// When that was said.
        at: Duration,
    },
}

/// All that a frame shows.
#[derive(Debug)]
pub(super) struct View<'a> {
    /// Steps that run or wait, in the order in which they began.
    pub active: Vec<&'a Activity>,
    /// Their targets' names.
    pub labels: &'a Labels,
    /// The numbers, where known.
    pub counts: Option<&'a Counts>,
    /// What was asked for.
    pub targets: &'a [String],
    /// What the columns are made for.
    pub seen: Seen,
}

/// What steps have needed so far. It only grows, so that columns stay where they are when steps come and go.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    /// Columns of the longest command.
    pub command: usize,
    /// Whether one has printed anything.
    pub output: bool,
}

/// The frame at the time `now`; each line fits the width.
pub(super) fn lines(view: &View<'_>, now: Duration, size: Size, styles: Styles) -> Vec<String> {
    // One column stays free: some terminals wrap when the last one is written.
    let width = size.columns.saturating_sub(1).max(1);
    let (running, waiting): (Vec<&Activity>, Vec<&Activity>) =
        view.active.iter().partition(|activity| matches!(activity.kind, Kind::Running { .. }));
    let all: Vec<&Activity> = running.into_iter().chain(waiting).collect();
    // Below the live lines stand the rest's number and the status line, and one row stays for the cursor.
    let most = (size.rows / 3).max(FEW).min(size.rows.saturating_sub(3)).max(1);
    let shown = &all[..all.len().min(most)];
    let columns = Columns::new(shown, now, width, view);
    let mut lines: Vec<String> =
        shown.iter().map(|activity| columns.line(activity, now, view.labels, styles)).collect();
    if all.len() > most {
        let more = format!("{} and {} more", styles.ellipsis(), all.len() - most);
        lines.push(styles.paint(Ink::Dim, &measure::clip(&more, width, "")));
    }
    lines.push(status(view, now, width, styles));
    lines
}

/// `2/2 running, 14 queued, 3 waiting for a lock · 37/80 done · 12.3 s`
fn status(view: &View<'_>, now: Duration, width: usize, styles: Styles) -> String {
    let mut parts = match view.counts {
        Some(counts) => vec![notice::counts(counts), format!("{}/{} done", counts.done, counts.total)],
        None => vec![format!("building {}", tally::names(view.targets)).trim_end().to_owned()],
    };
    parts.push(wording::duration(now));
    styles.paint(Ink::Bold, &measure::clip(&parts.join(styles.dot()), width, styles.ellipsis()))
}

/// How the width is shared: mark, target, elapsed time, command, last line of output.
struct Columns {
    width: usize,
    target: usize,
    elapsed: usize,
    command: usize,
    output: usize,
    /// The terminal is too narrow for columns.
    narrow: bool,
}

impl Columns {
    fn new(shown: &[&Activity], now: Duration, width: usize, view: &View<'_>) -> Self {
        let widest = |of: &dyn Fn(&Activity) -> usize| shown.iter().map(|activity| of(activity)).max().unwrap_or(0);
        let elapsed = widest(&|activity| match activity.kind {
            Kind::Running { since } => measure::width(&wording::duration(now.saturating_sub(since))),
            Kind::Waiting { .. } => 0,
        });
        let elapsed = elapsed.max(TIME);
        let target = widest(&|activity| measure::width(&activity.step.target)).max(view.labels.width()).min(width / 3);
        // A mark, a blank, the target, a blank, the time, and two blanks.
        let room = width.saturating_sub(target + elapsed + 5);
        let Seen { command: wanted, output: prints } = view.seen;
        let command = if prints && room >= 2 * LEAST { wanted.min(room * 3 / 5) } else { wanted.min(room) };
        let output = if prints { room.saturating_sub(command + 2) } else { 0 };
        let narrow = room < wanted.min(LEAST);
        Self { width, target, elapsed, command, output: if output < LEAST { 0 } else { output }, narrow }
    }

    fn line(&self, activity: &Activity, now: Duration, labels: &Labels, styles: Styles) -> String {
        let clip = |text: &str, columns| measure::clip(text, columns, styles.ellipsis());
        let name = &activity.step.target;
        let target = styles.target(labels.get(name), &measure::pad(&clip(name, self.target), self.target));
        match &activity.kind {
            Kind::Running { since } => {
                let elapsed = now.saturating_sub(*since);
                let mark = styles.spinner(usize::try_from(elapsed.as_millis() / SPIN).unwrap_or(0));
                let time = wording::duration(elapsed);
                if self.narrow {
                    return clip(&format!("{mark} {time} {name} {}", activity.step.name), self.width);
                }
                let time = styles.paint(Ink::Dim, &format!("{time:>width$}", width = self.elapsed));
                let mark = styles.paint(Ink::Hint, mark);
                let command = clip(&activity.step.name, self.command);
                if self.output == 0 || activity.last_line.is_empty() {
                    return format!("{mark} {target} {time}  {command}");
                }
                let output = styles.paint(Ink::Dim, &clip(&activity.last_line, self.output));
                format!("{mark} {target} {time}  {}  {output}", measure::pad(&command, self.command))
            }
            Kind::Waiting { wait, waited, at } => {
                let text = wait.text(*waited, now.saturating_sub(*at));
                let mark = styles.waiting();
                if self.target + 3 + LEAST > self.width {
                    return clip(&format!("{mark} {name} {text}"), self.width);
                }
                let text = clip(&text, self.width - self.target - 3);
                format!("{} {target} {}", styles.paint(Ink::Warn, mark), styles.paint(Ink::Warn, &text))
            }
        }
    }
}
