//! The renderer for jobs of GitHub Actions: plain lines, what a step prints as a group that can be folded away, annotations at the
//! lines that failed, and a page for the job's summary.
//!
//! Steps run side by side and groups cannot: a step's lines are shown together when it ends. Those of `RUN --raw-output` stand as they
//! are, without a group of ours: what looks like a command there is one.

use super::github::{Github, group, harmless};
use super::job_summary::JobSummary;
use super::mask::Masks;
use super::output::Output;
use super::plain::Plain;
use super::renderer::Renderer;
use super::settings::Terminal;
use super::{escape, failure};
use crate::digest::VertexId;
use crate::event::{Event, Failure, Step, StepState};
use std::collections::HashMap;
use std::time::Duration;

/// Bytes of a step's lines that are held back at most; more are shown before it ends.
const HELD: usize = 1 << 20;
/// So many of the last lines stand in an annotation.
const IN_ANNOTATION: usize = 10;

/// Renders for GitHub Actions.
#[derive(Debug)]
pub(super) struct Actions {
    github: Github,
    masks: Masks,
    colour: bool,
    output: Output,
    plain: Plain,
    /// What running steps have printed.
    held: HashMap<VertexId, Held>,
    page: JobSummary,
}

#[derive(Debug, Default)]
struct Held {
    lines: Vec<String>,
    bytes: usize,
}

impl Actions {
    /// A renderer for this job that shows none of the secrets.
    pub(super) fn new(terminal: &Terminal, masks: Masks, github: Github) -> Self {
        Self {
            github,
            colour: terminal.colour,
            output: Output::new(masks.clone()),
            plain: Plain::new(terminal, masks.clone()),
            masks,
            held: HashMap::new(),
            page: JobSummary::default(),
        }
    }

    fn printed(&mut self, step: &Step, lines: impl IntoIterator<Item = String>) -> Vec<String> {
        let held = self.held.entry(step.id).or_default();
        for line in lines {
            held.bytes += line.len() + 1;
            held.lines.push(escape::clean(&line, self.colour));
        }
        if held.bytes > HELD { self.shown(step) } else { Vec::new() }
    }

    /// What a step has printed since the last time.
    fn shown(&mut self, step: &Step) -> Vec<String> {
        match self.held.remove(&step.id) {
            Some(held) if step.raw_output => held.lines,
            Some(held) if !held.lines.is_empty() => group(&format!("{} | {}", step.target, step.name), held.lines),
            _ => Vec::new(),
        }
    }

    fn annotation(&self, failure: &Failure) -> String {
        let step = &failure.step;
        let from = failure.last_output.len().saturating_sub(IN_ANNOTATION);
        let last = failure.last_output[from..].iter().map(|line| escape::strip(line));
        let hint = failure.help.iter().map(|help| format!("hint: {help}"));
        let cause = format!("{}: {}", step.name, failure::cause(failure));
        let text: Vec<String> = std::iter::once(cause).chain(last).chain(hint).collect();
        self.github.annotation("error", Some(&step.location), &format!("{} failed", step.target), &text.join("\n"))
    }
}

impl Renderer for Actions {
    fn event(&mut self, now: Duration, event: Event) -> Vec<String> {
        let event = self.masks.event(event);
        self.page.event(&event);
        let mut lines = Vec::new();
        match &event {
            Event::Output { step, stream, bytes } => {
                let printed = self.output.feed(step.id, *stream, bytes);
                return self.printed(step, printed.into_iter().map(|line| line.text));
            }
            Event::Step { step, state } if state.is_over() => {
                let rest = self.output.end(step.id).into_iter().map(|(_, line)| line.text);
                lines.extend(self.printed(step, rest.collect::<Vec<_>>()));
                lines.extend(self.shown(step));
                if let StepState::Failed { failure, .. } = state {
                    lines.push(self.annotation(failure));
                }
            }
            _ => {}
        }
        lines.extend(self.plain.event(now, event).into_iter().map(harmless));
        lines
    }

    fn tick(&mut self, now: Duration) -> Vec<String> {
        self.plain.tick(now)
    }

    fn end(&mut self) -> Vec<String> {
        self.plain.end().into_iter().map(harmless).collect()
    }

    fn page(&mut self) -> Option<String> {
        self.page.text()
    }
}

#[cfg(test)]
#[path = "actions_tests.rs"]
mod tests;
