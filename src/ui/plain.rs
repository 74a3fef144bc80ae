//! The plain renderer: one line for each thing that happens, each with its target's name.

use super::failure::{self, Printed};
use super::label::Labels;
use super::mask::Masks;
use super::notice::Wait;
use super::output::Output;
use super::renderer::Renderer;
use super::settings::Terminal;
use super::style::{Ink, Styles};
use super::tally::{self, Tally};
use super::{escape, notice, summary, wording};
use crate::digest::VertexId;
use crate::event::{Counts, Event, Failure, Step, StepState, Summary};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// A wait is said again after this long.
const REMINDER: Duration = Duration::from_secs(10);
/// The numbers are shown this often.
const COUNTS_EVERY: Duration = Duration::from_secs(30);
/// Steps that took this long get a line when they are done.
const WORTH_A_LINE: Duration = Duration::from_secs(1);

/// Renders for pipes, files and CI.
#[derive(Debug)]
pub(super) struct Plain {
    styles: Styles,
    masks: Masks,
    labels: Labels,
    output: Output,
    tally: Tally,
    targets: Vec<String>,
    announced: HashSet<VertexId>,
    /// For what each waiting step waits, and when that was last said.
    waits: HashMap<VertexId, (Wait, Duration)>,
    counts: Option<Counts>,
    counts_shown: Duration,
    failures: Vec<Arc<Failure>>,
    /// Whose lines are the last ones so far, and how many.
    last: Option<(VertexId, usize)>,
    /// Nothing stands below the last failure's block.
    failure_is_last: bool,
    width: Option<usize>,
    summary: Option<Arc<Summary>>,
}

impl Plain {
    /// A renderer for this terminal that shows none of the secrets.
    #[must_use]
    pub(super) fn new(terminal: &Terminal, masks: Masks) -> Self {
        Self {
            styles: Styles::new(terminal),
            labels: Labels::default(),
            output: Output::new(masks.clone()),
            masks,
            tally: Tally::default(),
            targets: Vec::new(),
            announced: HashSet::new(),
            waits: HashMap::new(),
            counts: None,
            counts_shown: Duration::ZERO,
            failures: Vec::new(),
            last: None,
            failure_is_last: false,
            width: terminal.width,
            summary: None,
        }
    }

    fn step(&mut self, now: Duration, step: &Step, state: StepState) -> Vec<String> {
        self.tally.step(step.id, &state);
        let mut lines = Vec::new();
        if state.is_over() {
            for (_, rest) in self.output.end(step.id) {
                lines.push(self.printed(step, &rest.text));
            }
        }
        let wait = Wait::of(&state);
        if wait.is_none() {
            self.waits.remove(&step.id);
        }
        let command = self.styles.paint(Ink::Bold, &format!("--> {}", step.name));
        match state {
            // The column of names is as wide as it will be, as early as that is known.
            StepState::Queued => {
                self.labels.index(&step.target);
            }
            StepState::WaitingForLock { .. } | StepState::WaitingForHost { .. } => {
                lines.extend(wait.and_then(|(wait, waited)| self.wait(now, step, wait, waited)));
            }
            StepState::Running => {
                if self.announced.insert(step.id) {
                    lines.push(self.line(step, &command));
                }
            }
            StepState::Cached => {
                let text = format!("{} --> {}", self.styles.paint(Ink::Good, "*cached*"), step.name);
                lines.push(self.line(step, &text));
            }
            StepState::Done { took } => {
                if took >= WORTH_A_LINE {
                    lines.push(self.line(step, &format!("--> {} done in {}", step.name, wording::duration(took))));
                } else if !self.announced.contains(&step.id) {
                    lines.push(self.line(step, &command));
                }
            }
            StepState::Failed { took: _, failure } => {
                let text = format!("{} --> {}", self.styles.paint(Ink::Bad, "*failed*"), step.name);
                let above = self.stands_above(&failure);
                lines.push(self.line(step, &text));
                lines.push(String::new());
                lines.extend(failure::block(&failure, above, self.styles));
                lines.push(String::new());
                self.last = None;
                self.failure_is_last = true;
                self.failures.push(failure);
            }
            StepState::Cancelled => {
                if self.announced.contains(&step.id) {
                    let text = format!("{} --> {}", self.styles.paint(Ink::Warn, "*cancelled*"), step.name);
                    lines.push(self.line(step, &text));
                }
            }
        }
        lines
    }

    /// A wait, unless the same was said a moment ago.
    fn wait(&mut self, now: Duration, step: &Step, wait: Wait, waited: Duration) -> Option<String> {
        let said = self.waits.get(&step.id);
        if said.is_some_and(|(what, said)| what.is_as(&wait) && now.saturating_sub(*said) < REMINDER) {
            return None;
        }
        let text = self.styles.paint(Ink::Warn, &wait.text(waited, Duration::ZERO));
        self.waits.insert(step.id, (wait, now));
        Some(self.line(step, &text))
    }

    /// Whether all that a failed step printed last stands right above, with nothing in between.
    fn stands_above(&self, failure: &Failure) -> Printed {
        match self.last {
            Some((id, lines)) if id == failure.step.id && lines >= failure.last_output.len() => Printed::Above,
            _ => Printed::Tail,
        }
    }

    /// A line that a step printed.
    fn printed(&mut self, step: &Step, raw: &str) -> String {
        let before = match self.last {
            Some((id, lines)) if id == step.id => lines,
            _ => 0,
        };
        let text = escape::clean(raw, self.styles.colour);
        let line = if step.raw_output { self.alone(text) } else { self.line(step, &text) };
        self.last = Some((step.id, before + 1));
        line
    }

    /// A line of ours about a step.
    fn line(&mut self, step: &Step, text: &str) -> String {
        let front = self.labels.prefix(&step.target, self.styles);
        self.alone(format!("{front}{text}").trim_end().to_owned())
    }

    /// A line that stands as it is.
    fn alone(&mut self, line: String) -> String {
        self.last = None;
        self.failure_is_last = false;
        line
    }

    /// All failures once more, so that what other steps printed since cannot bury them.
    fn failures_again(&mut self) -> Vec<String> {
        let failures = std::mem::take(&mut self.failures);
        if self.failure_is_last && failures.len() < 2 {
            return Vec::new();
        }
        let blocks = failures.iter().map(|failure| failure::block(failure, Printed::Tail, self.styles));
        blocks
            .flat_map(|mut block| {
                block.insert(0, String::new());
                block
            })
            .chain((!failures.is_empty()).then(String::new))
            .collect()
    }
}

impl Renderer for Plain {
    fn event(&mut self, now: Duration, event: Event) -> Vec<String> {
        match self.masks.event(event) {
            Event::Started { targets, engine } => {
                self.targets = targets;
                let on = if engine.is_empty() { String::new() } else { format!(" on {engine}") };
                vec![format!("building {}{on}", tally::names(&self.targets))]
            }
            Event::Step { step, state } => self.step(now, &escape::step(step), state),
            Event::Output { step, stream, bytes } => {
                let step = escape::step(step);
                let lines = self.output.feed(step.id, stream, &bytes);
                lines.iter().map(|line| self.printed(&step, &line.text)).collect()
            }
            Event::Counts(counts) => {
                self.counts = Some(counts);
                Vec::new()
            }
            Event::Summary(summary) => {
                self.summary = Some(summary);
                Vec::new()
            }
            Event::Phase { .. } => Vec::new(),
            Event::Finished { outcome, took } => {
                let mut lines = self.failures_again();
                if let Some(summary) = &self.summary {
                    lines.extend(summary::lines(summary, outcome, took, self.width, self.styles));
                }
                lines.push(self.tally.summary(outcome, &self.targets, took, self.styles));
                lines
            }
            event => {
                self.last = None;
                self.failure_is_last = false;
                notice::announcement(&event, self.styles)
            }
        }
    }

    fn tick(&mut self, now: Duration) -> Vec<String> {
        let Some(counts) = self.counts else { return Vec::new() };
        if now.saturating_sub(self.counts_shown) < COUNTS_EVERY {
            return Vec::new();
        }
        self.counts_shown = now;
        self.last = None;
        self.failure_is_last = false;
        let done = format!("{}/{} done", counts.done, counts.total);
        vec![[notice::counts(&counts), done, wording::duration(now)].join(self.styles.dot())]
    }

    fn end(&mut self) -> Vec<String> {
        self.failures_again()
    }
}

#[cfg(test)]
#[path = "plain_tests.rs"]
mod tests;
