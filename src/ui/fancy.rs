//! The fancy renderer: finished steps stay, running ones are drawn over.

use super::failure::{self, Printed};
use super::frame::{self, Activity, Kind, Seen, View};
use super::label::Labels;
use super::mask::Masks;
use super::notice::Wait;
use super::output::{Line, Output};
use super::renderer::{Renderer, Size};
use super::settings::Terminal;
use super::style::{Ink, Styles};
use super::tally::Tally;
use super::{escape, measure, notice, summary, wording};
use crate::digest::VertexId;
use crate::event::{Counts, Event, Failure, Step, StepState, Stream, Summary};
use indexmap::IndexMap;
use std::sync::Arc;
use std::time::Duration;

/// Nothing is drawn before: a build that is all there should just say so.
const QUIET: Duration = Duration::from_millis(250);

/// Renders for people who watch.
#[derive(Debug)]
pub(super) struct Fancy {
    styles: Styles,
    size: Size,
    masks: Masks,
    labels: Labels,
    output: Output,
    tally: Tally,
    targets: Vec<String>,
    /// What runs or waits, in the order in which it began.
    active: IndexMap<VertexId, Activity>,
    /// What the columns of the frame are made for.
    seen: Seen,
    counts: Option<Counts>,
    failures: Vec<Arc<Failure>>,
    /// Nothing stands below the last failure's block.
    failure_is_last: bool,
    summary: Option<Arc<Summary>>,
    finished: bool,
}

impl Fancy {
    /// A renderer for this terminal that shows none of the secrets.
    pub(super) fn new(terminal: &Terminal, masks: Masks) -> Self {
        Self {
            styles: Styles::new(terminal),
            size: Size { columns: terminal.width.unwrap_or(80), rows: 24 },
            labels: Labels::default(),
            output: Output::new(masks.clone()),
            masks,
            tally: Tally::default(),
            targets: Vec::new(),
            active: IndexMap::new(),
            seen: Seen::default(),
            counts: None,
            failures: Vec::new(),
            failure_is_last: false,
            summary: None,
            finished: false,
        }
    }

    fn step(&mut self, now: Duration, step: Arc<Step>, state: StepState) -> Vec<String> {
        self.tally.step(step.id, &state);
        if !matches!(state, StepState::Cached) {
            // The column of names is as wide as it will be, as early as that is known.
            self.labels.index(&step.target);
        }
        let kind = match (&state, Wait::of(&state)) {
            (StepState::Running, _) => Some(Kind::Running { since: now }),
            (_, Some((wait, waited))) => Some(Kind::Waiting { wait, waited, at: now }),
            _ => None,
        };
        match kind {
            Some(kind) => self.begin(step, kind),
            None => {
                self.active.shift_remove(&step.id);
                let rest = self.output.end(step.id).into_iter().map(|(_, line)| line);
                let mut lines = self.above(&step, &rest.collect::<Vec<_>>());
                match state {
                    StepState::Done { took } => lines.push(self.permanent(Ink::Good, self.styles.done(), &step, took)),
                    StepState::Failed { took, failure } => {
                        lines.push(self.permanent(Ink::Bad, self.styles.failed(), &step, took));
                        lines.extend(self.framed_failure(&failure));
                        lines.push(String::new());
                        self.failures.push(failure);
                        self.failure_is_last = true;
                    }
                    _ => {}
                }
                return lines;
            }
        }
        Vec::new()
    }

    fn begin(&mut self, step: Arc<Step>, kind: Kind) {
        if matches!(kind, Kind::Running { .. }) {
            self.seen.command = self.seen.command.max(measure::width(&step.name));
        }
        match self.active.get_mut(&step.id) {
            Some(activity) => {
                // A step that is said to run twice has run since the first time.
                if !matches!((&activity.kind, &kind), (Kind::Running { .. }, Kind::Running { .. })) {
                    activity.kind = kind;
                }
            }
            None => {
                self.active.insert(step.id, Activity { step, kind, last_line: String::new() });
            }
        }
    }

    /// A line about a step that has ended: `✓ +test  3.2 s  RUN go test ./...`.
    fn permanent(&mut self, ink: Ink, mark: &str, step: &Step, took: Duration) -> String {
        self.failure_is_last = false;
        let label = self.labels.padded(&step.target, self.styles);
        let took = format!("{:>width$}", wording::duration(took), width = frame::TIME);
        let room = self.size.columns.saturating_sub(measure::width(&label) + measure::width(&took) + 6);
        let command = measure::clip(&step.name, room.max(frame::LEAST), self.styles.ellipsis());
        format!("{} {label} {}  {command}", self.styles.paint(ink, mark), self.styles.paint(Ink::Dim, &took))
    }

    fn framed_failure(&self, failure: &Failure) -> Vec<String> {
        let mut lines = vec![String::new()];
        lines.extend(failure::block(failure, Printed::Tail, self.styles));
        lines
    }

    /// All failures once more, so that what came since cannot bury them.
    fn failures_again(&mut self) -> Vec<String> {
        let failures = std::mem::take(&mut self.failures);
        if self.failure_is_last && failures.len() < 2 {
            return Vec::new();
        }
        let blocks = failures.iter().flat_map(|failure| self.framed_failure(failure));
        blocks.chain((!failures.is_empty()).then(String::new)).collect()
    }

    /// Lines that a step printed to stay above what is drawn: those of `RUN --raw-output`.
    fn above(&mut self, step: &Step, lines: &[Line]) -> Vec<String> {
        if !step.raw_output || lines.is_empty() {
            return Vec::new();
        }
        self.failure_is_last = false;
        lines.iter().map(|line| escape::clean(&line.text, self.styles.colour)).collect()
    }

    /// Takes what a step printed, and remembers its newest line.
    fn printed(&mut self, step: &Step, stream: Stream, bytes: &[u8]) -> Vec<String> {
        let lines = self.output.feed(step.id, stream, bytes);
        let progress = self.output.progress(step.id, stream);
        // What stays above is not shown a second time.
        let newest = lines.iter().rev().filter(|_| !step.raw_output).map(|line| line.text.clone());
        let shown = progress.into_iter().chain(newest).map(|line| escape::strip(&line));
        if let Some(line) = shown.into_iter().find(|line| !line.trim().is_empty())
            && let Some(activity) = self.active.get_mut(&step.id)
        {
            activity.last_line = line.trim().replace('\t', " ");
            self.seen.output = true;
        }
        self.above(step, &lines)
    }
}

impl Renderer for Fancy {
    fn event(&mut self, now: Duration, event: Event) -> Vec<String> {
        match self.masks.event(event) {
            Event::Started { targets, engine: _ } => self.targets = targets,
            Event::Step { step, state } => return self.step(now, escape::step(step), state),
            Event::Output { step, stream, bytes } => return self.printed(&step, stream, &bytes),
            Event::Counts(counts) => self.counts = Some(counts),
            // How much was sent shows in the time that the step took.
            Event::ContextSent { .. } | Event::Phase { .. } => {}
            Event::Summary(summary) => self.summary = Some(summary),
            Event::Finished { outcome, took } => {
                self.finished = true;
                let mut lines = self.failures_again();
                if let Some(summary) = &self.summary {
                    // One column stays free: some terminals wrap when the last one is written.
                    let width = Some(self.size.columns.saturating_sub(1).max(1));
                    lines.extend(summary::lines(summary, outcome, took, width, self.styles));
                }
                lines.push(self.tally.summary(outcome, &self.targets, took, self.styles));
                return lines;
            }
            event => {
                self.failure_is_last = false;
                let mark = self.styles.paint(Ink::Good, self.styles.saved());
                let marked = !matches!(event, Event::Note(_));
                let lines = notice::announcement(&event, self.styles);
                return lines.into_iter().map(|line| if marked { format!("{mark} {line}") } else { line }).collect();
            }
        }
        Vec::new()
    }

    fn tick(&mut self, _now: Duration) -> Vec<String> {
        Vec::new()
    }

    fn end(&mut self) -> Vec<String> {
        self.finished = true;
        self.failures_again()
    }

    fn resize(&mut self, size: Size) {
        self.size = size;
    }

    fn frame(&self, now: Duration) -> Vec<String> {
        if now < QUIET || self.finished {
            return Vec::new();
        }
        let view = View {
            active: self.active.values().collect(),
            labels: &self.labels,
            counts: self.counts.as_ref(),
            targets: &self.targets,
            seen: self.seen,
        };
        frame::lines(&view, now, self.size, self.styles)
    }
}

#[cfg(test)]
#[path = "fancy_tests.rs"]
mod tests;
