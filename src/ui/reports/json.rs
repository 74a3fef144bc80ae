//! The report for programs: one JSON object. `docs/reports.md` documents every field.

use super::utc::utc;
use crate::digest::VertexId;
use crate::event::{Cause, Failure};
use crate::history::{Build, How, Output, Spent, StepRecord};
use crate::source::Location;
use serde::Serialize;
use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

/// The version of the schema. It grows when a field changes its meaning or goes away; new fields may come at any time.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    v: u32,
    rbuild: &'static str,
    targets: &'a [String],
    engine: &'a str,
    began: String,
    took_ms: u64,
    outcome: &'static str,
    skipped_since: Option<String>,
    error: Option<&'a str>,
    limit: usize,
    critical_path: &'a [usize],
    steps: Vec<Step<'a>>,
    outputs: Vec<Made<'a>>,
}

#[derive(Serialize)]
struct Step<'a> {
    id: VertexId,
    target: &'a str,
    name: &'a str,
    location: &'a Location,
    counted: bool,
    outcome: &'static str,
    needs: &'a [usize],
    known_ms: u64,
    ended_ms: Option<u64>,
    ran_ms: Option<u64>,
    spans: Vec<Span<'a>>,
    parts: Vec<Part>,
    output_bytes: u64,
    log: Option<Cow<'a, str>>,
    failure: Option<Failed<'a>>,
}

#[derive(Serialize)]
struct Span<'a> {
    kind: &'static str,
    from_ms: u64,
    to_ms: u64,
    #[serde(flatten)]
    lock: Option<Lock<'a>>,
}

#[derive(Serialize)]
struct Lock<'a> {
    lock: Option<&'a str>,
    holder: Option<&'a str>,
}

#[derive(Serialize)]
struct Part {
    phase: &'static str,
    at_ms: u64,
}

#[derive(Serialize)]
struct Failed<'a> {
    exit_code: Option<i32>,
    message: Option<&'a str>,
    last_output: &'a [String],
    help: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Made<'a> {
    ImageStored { target: &'a str, name: &'a str },
    ImagePushed { target: &'a str, name: &'a str },
    ArtifactSaved { target: &'a str, source: &'a str, path: Cow<'a, str> },
}

/// A build as one JSON object, on one line, with a line feed at its end.
#[must_use]
pub fn report(build: &Build) -> String {
    let report = Report {
        v: VERSION,
        rbuild: env!("CARGO_PKG_VERSION"),
        targets: &build.targets,
        engine: &build.engine,
        began: utc(build.began),
        took_ms: millis(build.took),
        outcome: build.outcome.name(),
        skipped_since: build.skipped_since.map(utc),
        error: build.error.as_deref(),
        limit: build.record.limit,
        critical_path: &build.record.critical_path,
        steps: build.record.steps.iter().map(|record| step(record, build.logs.get(&record.step.id))).collect(),
        outputs: build.record.outputs.iter().map(made).collect(),
    };
    serde_json::to_string(&report).expect("all keys are strings and nothing here fails to serialise") + "\n"
}

fn step<'a>(record: &'a StepRecord, log: Option<&'a PathBuf>) -> Step<'a> {
    Step {
        id: record.step.id,
        target: &record.step.target,
        name: &record.step.name,
        location: &record.step.location,
        counted: record.step.counted,
        outcome: record.outcome(),
        needs: &record.needs,
        known_ms: millis(record.known),
        ended_ms: record.end.as_ref().map(|end| millis(end.at)),
        ran_ms: record.ran().map(millis),
        spans: record.spans.iter().map(span).collect(),
        parts: record.parts.iter().map(|(at, phase)| Part { phase: phase.name(), at_ms: millis(*at) }).collect(),
        output_bytes: record.printed,
        log: log.map(|path| path.to_string_lossy()),
        failure: record.end.as_ref().and_then(|end| match &end.how {
            How::Failed(failure) => Some(failed(failure)),
            How::Cached | How::Done | How::Cancelled => None,
        }),
    }
}

fn span(span: &crate::history::Span) -> Span<'_> {
    let (kind, lock) = match &span.spent {
        Spent::WaitingForSlot => ("waiting_for_slot", None),
        Spent::WaitingForLock { lock, holder } => {
            ("waiting_for_lock", Some(Lock { lock: lock.as_deref(), holder: holder.as_deref() }))
        }
        Spent::WaitingForHost => ("waiting_for_host", None),
        Spent::Running => ("running", None),
        Spent::Ending => ("ending", None),
    };
    Span { kind, from_ms: millis(span.from), to_ms: millis(span.to), lock }
}

fn failed(failure: &Failure) -> Failed<'_> {
    let (exit_code, message) = match &failure.cause {
        Cause::ExitCode(code) => (Some(*code), None),
        Cause::Message(text) => (None, Some(text.as_str())),
    };
    Failed { exit_code, message, last_output: &failure.last_output, help: failure.help.as_deref() }
}

fn made(output: &Output) -> Made<'_> {
    match output {
        Output::ImageStored { target, name } => Made::ImageStored { target, name },
        Output::ImagePushed { target, name } => Made::ImagePushed { target, name },
        Output::ArtifactSaved { target, source, path } => {
            Made::ArtifactSaved { target, source, path: path.to_string_lossy() }
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::example;

    #[test]
    fn a_build_is_told_whole() {
        let mut value: serde_json::Value = serde_json::from_str(&report(&example::failed())).unwrap();
        value["rbuild"] = "[version]".into();
        insta::assert_snapshot!(serde_json::to_string_pretty(&value).unwrap());
    }
}
