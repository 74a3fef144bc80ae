//! A build for the tests of what shows one.

use super::{Build, End, How, Output, Record, Span, Spent, StepRecord};
use crate::digest::{Digest, VertexId};
use crate::event::{Cause, Failure, Outcome, Step, StepPhase};
use crate::source::Location;
use crate::trace::Trace;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn step(target: &str, name: &str, line: usize) -> Arc<Step> {
    Arc::new(Step {
        id: VertexId(Digest::of(format!("{target} {name} {line}"))),
        target: target.into(),
        name: name.into(),
        location: Location { file: "Buildfile".into(), line, column: 5 },
        trace: Trace::default(),
        counted: name.starts_with("RUN"),
        raw_output: false,
    })
}

fn record(target: &str, name: &str, line: usize, needs: &[usize]) -> StepRecord {
    StepRecord {
        step: step(target, name, line),
        needs: needs.to_vec(),
        known: ms(10),
        spans: Vec::new(),
        parts: Vec::new(),
        printed: 0,
        end: None,
    }
}

fn span(spent: Spent, from: u64, to: u64) -> Span {
    Span { spent, from: ms(from), to: ms(to) }
}

fn end(at: u64, how: How) -> Option<End> {
    Some(End { at: ms(at), how })
}

/// A build with a step of each kind, of which one failed.
#[must_use]
pub fn failed() -> Build {
    let lock =
        Spent::WaitingForLock { lock: Some("cache gomod".to_owned()), holder: Some("+lint, pid 4711".to_owned()) };
    let test = step("+test", "RUN go test ./...", 12);
    let failure = Failure {
        step: (*test).clone(),
        cause: Cause::ExitCode(1),
        last_output: vec!["\x1b[31m--- FAIL: TestAdd\x1b[0m".to_owned(), "got <3> & \"4\"".to_owned()],
        help: Some("run it again".to_owned()),
        log: None,
    };
    let steps = vec![
        StepRecord {
            spans: vec![span(Spent::Running, 20, 2_020)],
            end: end(2_020, How::Done),
            ..record("+deps", "FROM golang:1.24", 2, &[])
        },
        StepRecord { end: end(2_030, How::Cached), ..record("+deps", "COPY go.mod .", 3, &[0]) },
        StepRecord {
            spans: vec![
                span(Spent::WaitingForSlot, 2_040, 2_100),
                span(lock, 2_100, 3_100),
                span(Spent::Running, 3_100, 7_000),
                span(Spent::Ending, 7_000, 7_050),
            ],
            parts: vec![(ms(3_100), StepPhase::Create), (ms(3_500), StepPhase::Command)],
            printed: 1_234,
            end: end(7_050, How::Done),
            ..record("+deps", "RUN go mod download", 4, &[1])
        },
        StepRecord {
            step: test,
            spans: vec![span(Spent::WaitingForHost, 7_060, 7_560), span(Spent::Running, 7_560, 12_400)],
            end: end(12_400, How::Failed(Arc::new(failure))),
            ..record("+test", "RUN go test ./...", 12, &[2])
        },
        StepRecord {
            spans: vec![span(Spent::Running, 7_070, 12_410)],
            end: end(12_410, How::Cancelled),
            ..record("+lint", "RUN golangci-lint run", 16, &[2])
        },
        StepRecord { end: end(12_410, How::Cancelled), ..record("+lint", "RUN golangci-lint run", 18, &[4]) },
        record("+all", "COPY unused .", 20, &[]),
    ];
    let logs = [(steps[2].step.id, PathBuf::from("/home/me/.cache/rbuild/logs/20261231-235959-4711/deps-4-7a2e.log"))];
    Build {
        targets: vec!["+all".to_owned()],
        engine: "Docker 28.5.2 at unix:///var/run/docker.sock".to_owned(),
        began: Duration::from_millis(1_795_353_600_250),
        took: ms(12_500),
        outcome: Outcome::Failed,
        skipped_since: None,
        error: None,
        logs: logs.into(),
        record: Record {
            limit: 4,
            critical_path: vec![0, 2, 4],
            steps,
            outputs: vec![
                Output::ImageStored { target: "+image".into(), name: "app:latest".to_owned() },
                Output::ArtifactSaved {
                    target: "+build".into(),
                    source: "+build/app".to_owned(),
                    path: PathBuf::from("out/app"),
                },
            ],
        },
    }
}
