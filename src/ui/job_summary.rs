//! A build on one page of Markdown, for the summary of a job.

use super::settings::{Environment, Terminal};
use super::style::Styles;
use super::tally::Tally;
use super::{escape, failure, wording};
use crate::event::{Event, Failure, StepState, Summary};
use std::sync::Arc;
use std::time::Duration;

/// So many lines of a failed step's output are shown.
const TAIL: usize = 40;
/// Steps that took less are not worth a line.
const SLOW: Duration = Duration::from_secs(1);

/// What the page tells; events come without secrets.
#[derive(Debug, Default)]
pub(super) struct JobSummary {
    targets: Vec<String>,
    tally: Tally,
    failures: Vec<Arc<Failure>>,
    summary: Option<Arc<Summary>>,
    head: Option<String>,
}

impl JobSummary {
    /// Takes an event.
    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::Started { targets, .. } => self.targets.clone_from(targets),
            Event::Step { step, state } => {
                self.tally.step(step.id, state);
                if let StepState::Failed { failure, .. } = state {
                    self.failures.push(failure.clone());
                }
            }
            Event::Skipped { .. } => self.tally.skip(),
            Event::Summary(summary) => self.summary = Some(summary.clone()),
            Event::Finished { outcome, took } => {
                let styles = Styles::new(&Terminal::new(&Environment::default()));
                self.head = Some(self.tally.summary(*outcome, &self.targets, *took, styles));
            }
            _ => {}
        }
    }

    /// The page; `None` while the build has not come to its end.
    pub(super) fn text(&self) -> Option<String> {
        let head = self.head.as_ref()?;
        let mut text = format!("### {}\n\n", prose(head));
        for failed in &self.failures {
            text.push_str(&self::failed(failed));
        }
        let slowest = self.summary.iter().flat_map(|summary| &summary.slowest).filter(|timed| timed.took >= SLOW);
        let rows = slowest.map(|timed| {
            format!(
                "| {} | {} | {} |\n",
                wording::duration(timed.took),
                code(&timed.step.target),
                code(&timed.step.name)
            )
        });
        let rows: String = rows.collect();
        if !rows.is_empty() {
            text.push_str(&format!("| Time | Target | Step |\n|---:|---|---|\n{rows}\n"));
        }
        Some(text)
    }
}

fn failed(failed: &Failure) -> String {
    let step = &failed.step;
    let mut text = format!(
        "{} failed at {}: {}, {}\n\n",
        code(&step.target),
        code(&step.location.to_string()),
        code(&step.name),
        prose(&failure::cause(failed))
    );
    let from = failed.last_output.len().saturating_sub(TAIL);
    let lines: Vec<String> = failed.last_output[from..].iter().map(|line| escape::strip(line)).collect();
    if !lines.is_empty() {
        let longest = lines.iter().map(|line| ticks(line)).max().unwrap_or(0);
        let fence = "`".repeat((longest + 1).max(3));
        text.push_str(&format!("{fence}text\n{}\n{fence}\n\n", lines.join("\n")));
    }
    if let Some(help) = &failed.help {
        text.push_str(&format!("{}\n\n", prose(help)));
    }
    text
}

/// The longest run of back-ticks.
fn ticks(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

/// A name or a command, as code that may stand in a table.
fn code(text: &str) -> String {
    let text = escape::word(text).replace('|', "\\|");
    let fence = "`".repeat(ticks(&text) + 1);
    // A blank beside the fence belongs to it, and keeps back-ticks apart from it.
    if text.contains('`') { format!("{fence} {text} {fence}") } else { format!("{fence}{text}{fence}") }
}

/// Text in which nothing is markup but back-ticks.
fn prose(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in escape::word(text).chars() {
        match character {
            '<' => safe.push_str("&lt;"),
            '\\' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' => safe.extend(['\\', character]),
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steps_say_is_markup() {
        assert_eq!(code("RUN a | b"), "`RUN a \\| b`");
        assert_eq!(code("RUN echo `date`"), "`` RUN echo `date` ``");
        assert_eq!(prose("<img> a_b *c*"), "&lt;img> a\\_b \\*c\\*");
        assert_eq!((ticks("a```b`"), ticks("")), (3, 0));
    }
}
