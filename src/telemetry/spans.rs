//! A build as spans: the build, its targets, their steps, and what each step waited for.
//!
//! Names of attributes follow <https://opentelemetry.io/docs/specs/semconv/> where it has one; ours begin with `rbuild.`.

use crate::digest::Digest;
use crate::event::{Cause, Failure, Outcome, StepPhase};
use crate::history::{Build, End, How, Spent, StepRecord};
use indexmap::IndexMap;
use std::time::Duration;

/// A stretch of time that a collector shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Its id, in 16 hexadecimal digits.
    pub id: String,
    /// The span that it belongs to; `None` is the parent of the build.
    pub parent: Option<String>,
    /// What it is called.
    pub name: String,
    /// When it began, since 1970-01-01 00:00 UTC.
    pub from: Duration,
    /// When it ended.
    pub to: Duration,
    /// What is known of it.
    pub attributes: Vec<(&'static str, Value)>,
    /// What happened in it.
    pub events: Vec<Event>,
    /// What went wrong, if something did.
    pub error: Option<String>,
}

/// A moment in a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What it is called.
    pub name: &'static str,
    /// When it was, since 1970-01-01 00:00 UTC.
    pub at: Duration,
    /// What is known of it.
    pub attributes: Vec<(&'static str, Value)>,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// Several texts.
    List(Vec<String>),
}

/// Ids of spans that no other build has: `seed` is a number that nobody else drew.
struct Ids {
    seed: u128,
    given: u64,
}

impl Ids {
    fn next(&mut self) -> String {
        self.given += 1;
        let digest = Digest::of([&self.seed.to_be_bytes()[..], &self.given.to_be_bytes()].concat());
        digest.hex()[..16].to_owned()
    }
}

/// The spans of a build, each behind the one that it belongs to. The first one is the build's.
#[must_use]
pub fn spans(build: &Build, seed: u128) -> Vec<Span> {
    let mut ids = Ids { seed, given: 0 };
    let root = root(build, ids.next());
    let mut targets: IndexMap<&str, Vec<(usize, &StepRecord, &End)>> = IndexMap::new();
    for (at, record) in build.record.steps.iter().enumerate() {
        if let Some(end) = &record.end {
            targets.entry(&record.step.target).or_default().push((at, record, end));
        }
    }
    let mut spans = vec![root];
    for (name, steps) in targets {
        let target = target(build, name, &steps, ids.next(), &spans[0].id);
        let id = target.id.clone();
        spans.push(target);
        for (at, record, end) in steps {
            let critical = build.record.critical_path.contains(&at);
            step(build, record, end, critical, &id, &mut ids, &mut spans);
        }
    }
    spans
}

fn root(build: &Build, id: String) -> Span {
    let outcome = build.outcome.name();
    let error =
        (build.outcome != Outcome::Succeeded).then(|| build.error.clone().unwrap_or_else(|| outcome.to_owned()));
    let steps = build.record.steps.iter().filter(|record| record.end.is_some()).count();
    Span {
        id,
        parent: None,
        name: format!("rbuild {}", build.targets.join(" ")),
        from: build.began,
        to: build.began + build.took,
        attributes: vec![
            ("rbuild.targets", Value::List(build.targets.clone())),
            ("rbuild.engine", Value::Text(build.engine.clone())),
            ("rbuild.outcome", Value::Text(outcome.to_owned())),
            ("rbuild.max_parallelism", number(build.record.limit)),
            ("rbuild.steps", number(steps)),
        ],
        events: Vec::new(),
        error,
    }
}

fn target(build: &Build, name: &str, steps: &[(usize, &StepRecord, &End)], id: String, parent: &str) -> Span {
    let from = steps.iter().filter_map(|(_, record, _)| record.began()).min().unwrap_or_default();
    let to = steps.iter().map(|(_, record, end)| ended(record, end)).max().unwrap_or_default();
    let failed = steps.iter().any(|(_, _, end)| matches!(end.how, How::Failed(_)));
    Span {
        id,
        parent: Some(parent.to_owned()),
        name: name.to_owned(),
        from: build.began + from,
        to: build.began + to,
        attributes: vec![("rbuild.target", Value::Text(name.to_owned())), ("rbuild.steps", number(steps.len()))],
        events: Vec::new(),
        error: failed.then(|| "a step failed".to_owned()),
    }
}

/// Adds the span of a step, and one for each thing that it waited for.
fn step(
    build: &Build,
    record: &StepRecord,
    end: &End,
    critical: bool,
    parent: &str,
    ids: &mut Ids,
    spans: &mut Vec<Span>,
) {
    let step = &record.step;
    let id = ids.next();
    let failure = match &end.how {
        How::Failed(failure) => Some(failure),
        How::Cached | How::Done | How::Cancelled => None,
    };
    let mut attributes = vec![
        ("rbuild.target", Value::Text(step.target.to_string())),
        ("rbuild.step.id", Value::Text(step.id.to_string())),
        ("rbuild.outcome", Value::Text(record.outcome().to_owned())),
        ("rbuild.critical", Value::Flag(critical)),
        ("rbuild.output_bytes", Value::Number(record.printed)),
        ("code.file.path", Value::Text(step.location.file.to_string())),
        ("code.line.number", number(step.location.line)),
    ];
    let mut events: Vec<Event> = record.parts.iter().map(|(at, phase)| part(build.began + *at, *phase)).collect();
    if let Some(failure) = failure {
        if let Cause::ExitCode(code) = failure.cause
            && let Ok(code) = u64::try_from(code)
        {
            attributes.push(("process.exit.code", Value::Number(code)));
        }
        events.push(exception(build.began + end.at, failure));
    }
    let waits = record.spans.iter().filter_map(|span| {
        let name = match &span.spent {
            Spent::WaitingForSlot => "waiting for a slot".to_owned(),
            Spent::WaitingForLock { lock, .. } => format!("waiting for {}", lock.as_deref().unwrap_or("a lock")),
            Spent::WaitingForHost => "waiting for the host".to_owned(),
            Spent::Running | Spent::Ending => return None,
        };
        let holder = match &span.spent {
            Spent::WaitingForLock { holder: Some(holder), .. } => {
                vec![("rbuild.lock.holder", Value::Text(holder.clone()))]
            }
            _ => Vec::new(),
        };
        Some(Span {
            id: ids.next(),
            parent: Some(id.clone()),
            name,
            from: build.began + span.from,
            to: build.began + span.to,
            attributes: holder,
            events: Vec::new(),
            error: None,
        })
    });
    let waits: Vec<Span> = waits.collect();
    spans.push(Span {
        id,
        parent: Some(parent.to_owned()),
        name: step.name.to_string(),
        from: build.began + record.began().unwrap_or(end.at),
        to: build.began + ended(record, end),
        attributes,
        events,
        error: failure.map(|failure| message(failure)),
    });
    spans.extend(waits);
}

fn ended(record: &StepRecord, end: &End) -> Duration {
    record.spans.last().map_or(end.at, |span| span.to.max(end.at))
}

fn part(at: Duration, phase: StepPhase) -> Event {
    Event { name: phase.name(), at, attributes: Vec::new() }
}

/// The failure as collectors know failures: an exception, whose trace is the last output.
fn exception(at: Duration, failure: &Failure) -> Event {
    let kind = match failure.cause {
        Cause::ExitCode(_) => "exit code",
        Cause::Message(_) => "error",
    };
    Event {
        name: "exception",
        at,
        attributes: vec![
            ("exception.type", Value::Text(kind.to_owned())),
            ("exception.message", Value::Text(message(failure))),
            ("exception.stacktrace", Value::Text(failure.last_output.join("\n"))),
        ],
    }
}

fn message(failure: &Failure) -> String {
    match &failure.cause {
        Cause::ExitCode(code) => format!("exit code {code}"),
        Cause::Message(text) => text.clone(),
    }
}

fn number(number: usize) -> Value {
    Value::Number(u64::try_from(number).unwrap_or(u64::MAX))
}
