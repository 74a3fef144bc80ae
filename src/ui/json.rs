//! The JSON renderer: one object a line. `docs/progress.md` documents every field.

use super::mask::Masks;
use super::output::Output;
use super::renderer::Renderer;
use super::tally::Tally;
use crate::diagnostic::{Diagnostic, Severity};
use crate::digest::VertexId;
use crate::event::{Cause, Event, Outcome, Step, StepState, Stream, Summary, TimedStep};
use crate::source::{Location, Sources};
use crate::trace::{Call, Trace};
use serde::Serialize;
use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

/// The version of the schema. It grows when a field changes its meaning or goes away; new fields and kinds may come
/// at any time.
const VERSION: u32 = 1;

/// Renders for programs.
#[derive(Debug)]
pub(super) struct Json {
    masks: Masks,
    output: Output,
    tally: Tally,
    begun: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    v: Option<u32>,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
    #[serde(flatten)]
    body: Body<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Body<'a> {
    Started { targets: &'a [String], engine: &'a str },
    Step(StepBody<'a>),
    Output { id: VertexId, target: &'a str, stream: &'static str, text: &'a str },
    Phase { id: VertexId, target: &'a str, phase: &'static str },
    Counts(CountsBody),
    ContextSent { context: &'a str, files: u64, bytes: u64 },
    Image { target: &'a str, name: &'a str },
    ArtifactSaved { target: &'a str, source: &'a str, path: &'a str },
    Note { text: &'a str },
    Summary(SummaryBody<'a>),
    Finished(Finished),
    Diagnostic(Fault<'a>),
    Error { message: &'a str, help: Option<&'a str> },
}

#[derive(Serialize)]
struct StepBody<'a> {
    id: VertexId,
    target: &'a str,
    name: &'a str,
    location: &'a Location,
    counted: bool,
    #[serde(flatten)]
    state: State<'a>,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum State<'a> {
    Queued,
    WaitingForHost {
        waited_ms: u64,
    },
    WaitingForLock {
        lock: &'a str,
        holder: Option<&'a str>,
        held_ms: Option<u64>,
        waited_ms: u64,
    },
    Running,
    Cached,
    Done {
        took_ms: u64,
    },
    Failed {
        took_ms: u64,
        exit_code: Option<i32>,
        message: Option<&'a str>,
        last_output: &'a [String],
        log: Option<Cow<'a, str>>,
        reached_by: Vec<Reached<'a>>,
        help: Option<&'a str>,
    },
    Cancelled,
}

#[derive(Serialize)]
struct Reached<'a> {
    target: &'a str,
    command: &'a str,
    location: &'a Location,
}

#[derive(Serialize)]
struct CountsBody {
    limit: usize,
    running: usize,
    queued: usize,
    waiting_for_lock: usize,
    waiting_for_host: usize,
    done: usize,
    total: usize,
}

#[derive(Serialize)]
struct SummaryBody<'a> {
    slowest: Vec<Timed<'a>>,
    critical_path: Vec<Timed<'a>>,
    ran_ms: u64,
    waited_for_locks_ms: u64,
    waited_for_slots_ms: u64,
    waited_for_host_ms: u64,
}

#[derive(Serialize)]
struct Timed<'a> {
    id: VertexId,
    target: &'a str,
    name: &'a str,
    location: &'a Location,
    took_ms: u64,
}

#[derive(Serialize)]
struct Finished {
    outcome: &'static str,
    took_ms: u64,
    steps: usize,
    cached: usize,
    failed: usize,
    cancelled: usize,
}

#[derive(Serialize)]
struct Fault<'a> {
    severity: &'static str,
    code: &'a str,
    message: &'a str,
    labels: Vec<Place<'a>>,
    reached_by: Vec<Reached<'a>>,
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct Place<'a> {
    location: Location,
    text: &'a str,
}

impl<'a> SummaryBody<'a> {
    fn new(summary: &'a Summary) -> Self {
        let timed = |TimedStep { step, took }: &'a TimedStep| Timed {
            id: step.id,
            target: &step.target,
            name: &step.name,
            location: &step.location,
            took_ms: millis(*took),
        };
        Self {
            slowest: summary.slowest.iter().map(timed).collect(),
            critical_path: summary.critical_path.iter().map(timed).collect(),
            ran_ms: millis(summary.ran),
            waited_for_locks_ms: millis(summary.waited_for_locks),
            waited_for_slots_ms: millis(summary.waited_for_slots),
            waited_for_host_ms: millis(summary.waited_for_host),
        }
    }
}

impl Json {
    /// A renderer that shows none of the secrets.
    pub(super) fn new(masks: Masks) -> Self {
        Self { output: Output::new(masks.clone()), masks, tally: Tally::default(), begun: false }
    }

    fn line(&mut self, now: Duration, event: &'static str, body: Body<'_>) -> String {
        let v = (!std::mem::replace(&mut self.begun, true)).then_some(VERSION);
        encode(&Line { v, event, ms: Some(millis(now)), body })
    }

    fn printed(&mut self, now: Duration, step: &Step, stream: Stream, text: &str) -> String {
        let stream = match stream {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        };
        self.line(now, "output", Body::Output { id: step.id, target: &step.target, stream, text })
    }

    fn step(&mut self, now: Duration, step: &Step, state: &StepState) -> Vec<String> {
        self.tally.step(step.id, state);
        let mut lines = Vec::new();
        let state = match state {
            StepState::Queued => State::Queued,
            StepState::WaitingForLock { lock, holder, held, waited } => State::WaitingForLock {
                lock,
                holder: holder.as_deref(),
                held_ms: held.map(millis),
                waited_ms: millis(*waited),
            },
            StepState::WaitingForHost { waited } => State::WaitingForHost { waited_ms: millis(*waited) },
            StepState::Running => State::Running,
            StepState::Cached => State::Cached,
            StepState::Done { took } => State::Done { took_ms: millis(*took) },
            StepState::Failed { took, failure } => {
                let (exit_code, message) = match &failure.cause {
                    Cause::ExitCode(code) => (Some(*code), None),
                    Cause::Message(text) => (None, Some(text.as_str())),
                };
                let (last_output, help) = (&failure.last_output, failure.help.as_deref());
                let log = failure.log.as_deref().map(Path::to_string_lossy);
                let reached_by = reached_by(&failure.step.trace);
                State::Failed { took_ms: millis(*took), exit_code, message, last_output, log, reached_by, help }
            }
            StepState::Cancelled => State::Cancelled,
        };
        if !matches!(
            state,
            State::Queued | State::WaitingForLock { .. } | State::WaitingForHost { .. } | State::Running
        ) {
            for (stream, rest) in self.output.end(step.id) {
                lines.push(self.printed(now, step, stream, &rest.text));
            }
        }
        let body = StepBody {
            id: step.id,
            target: &step.target,
            name: &step.name,
            location: &step.location,
            counted: step.counted,
            state,
        };
        lines.push(self.line(now, "step", Body::Step(body)));
        lines
    }
}

impl Renderer for Json {
    fn event(&mut self, now: Duration, event: Event) -> Vec<String> {
        let event = self.masks.event(event);
        let (kind, body) = match &event {
            Event::Step { step, state } => return self.step(now, step, state),
            Event::Output { step, stream, bytes } => {
                let lines = self.output.feed(step.id, *stream, bytes);
                let text = |line: &super::output::Line| format!("{}{}", line.text, if line.ended { "\n" } else { "" });
                return lines.iter().map(|line| self.printed(now, step, *stream, &text(line))).collect();
            }
            Event::ArtifactSaved { target, source, path } => {
                let path = path.to_string_lossy();
                return vec![self.line(now, "artifact_saved", Body::ArtifactSaved { target, source, path: &path })];
            }
            Event::Started { targets, engine } => ("started", Body::Started { targets, engine }),
            Event::Phase { step, phase } => {
                ("phase", Body::Phase { id: step.id, target: &step.target, phase: phase.name() })
            }
            Event::Counts(counts) => (
                "counts",
                Body::Counts(CountsBody {
                    limit: counts.limit,
                    running: counts.running,
                    queued: counts.queued,
                    waiting_for_lock: counts.waiting_for_lock,
                    waiting_for_host: counts.waiting_for_host,
                    done: counts.done,
                    total: counts.total,
                }),
            ),
            Event::ContextSent { context, files, bytes } => {
                ("context_sent", Body::ContextSent { context, files: *files, bytes: *bytes })
            }
            Event::ImageStored { target, name } => ("image_stored", Body::Image { target, name }),
            Event::ImagePushed { target, name } => ("image_pushed", Body::Image { target, name }),
            Event::Note(text) => ("note", Body::Note { text }),
            Event::Summary(summary) => ("summary", Body::Summary(SummaryBody::new(summary))),
            Event::Finished { outcome, took } => ("finished", Body::Finished(self.finished(*outcome, *took))),
        };
        vec![self.line(now, kind, body)]
    }

    fn tick(&mut self, _now: Duration) -> Vec<String> {
        Vec::new()
    }

    fn end(&mut self) -> Vec<String> {
        Vec::new()
    }
}

impl Json {
    fn finished(&self, outcome: Outcome, took: Duration) -> Finished {
        let totals = self.tally.totals();
        Finished {
            outcome: outcome.name(),
            took_ms: millis(took),
            steps: totals.steps,
            cached: totals.cached,
            failed: totals.failed,
            cancelled: totals.cancelled,
        }
    }
}

/// Diagnostics for programs: what [`diagnostics`](super::diagnostics) shows, one object a line, in the same order as
/// given. Each carries the schema's version, because it may be the first line.
#[must_use]
pub fn json_diagnostics(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let line = |diagnostic: &Diagnostic| {
        let labels = diagnostic.labels.iter();
        let body = Body::Diagnostic(Fault {
            severity: match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            code: diagnostic.code,
            message: &diagnostic.message,
            reached_by: reached_by(&diagnostic.trace),
            labels: labels.map(|label| Place { location: sources.location(label.span), text: &label.text }).collect(),
            help: diagnostic.help.as_deref(),
        });
        encode(&Line { v: Some(VERSION), event: "diagnostic", ms: None, body }) + "\n"
    };
    diagnostics.iter().map(line).collect()
}

/// An error for programs: what [`error`](super::error) shows, as one object with a line feed.
#[must_use]
pub fn json_error(message: &str, help: Option<&str>) -> String {
    encode(&Line { v: Some(VERSION), event: "error", ms: None, body: Body::Error { message, help } }) + "\n"
}

fn reached_by(trace: &Trace) -> Vec<Reached<'_>> {
    trace.calls().into_iter().map(|Call { target, command, location }| Reached { target, command, location }).collect()
}

fn encode(line: &Line<'_>) -> String {
    serde_json::to_string(line).expect("all keys are strings and nothing here fails to serialise")
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
