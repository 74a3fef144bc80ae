//! Writes the timeline of a made-up build, to look at the page without a build that takes as long:
//!
//! ```sh
//! cargo run --example timings -- 1000 > timings.html
//! ```
//!
//! The number is that of the steps, 30 if there is none. A further word, `ok`, lets all of them succeed.

use rbuild::digest::{Digest, VertexId};
use rbuild::event::{Cause, Failure, Outcome, Step, StepPhase};
use rbuild::history::{Build, End, How, Record, Span, Spent, StepRecord};
use rbuild::run::critical_path;
use rbuild::source::Location;
use rbuild::trace::Trace;
use rbuild::ui;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Steps that run at the same time.
const LIMIT: usize = 6;

/// Numbers that look random and are the same in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// The commands of each target.
const COMMANDS: [&str; 6] = [
    "COPY . .",
    "RUN apt-get update && apt-get install --yes build-essential pkg-config libssl-dev",
    "RUN go mod download",
    "RUN go build -o /out/app ./cmd/app",
    "RUN go test ./...",
    "RUN npm ci",
];

fn main() {
    let mut words = std::env::args().skip(1);
    let number = words.next().and_then(|word| word.parse().ok()).unwrap_or(30);
    let fails = words.next().is_none();
    print!("{}", ui::timings(&build(number, fails)));
}

fn build(number: usize, fails: bool) -> Build {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let mut steps = graph(number, &mut numbers);
    let mut machine = Machine { slots: [50; LIMIT], lock: 0, numbers };
    let mut failed_at = None;
    for done in 0..number {
        // The one that could begin first is next.
        let ready = |record: &StepRecord| {
            let ends: Option<Vec<u64>> =
                record.needs.iter().map(|need| steps[*need].end.as_ref().map(|end| millis(end.at))).collect();
            ends.map(|ends| ends.into_iter().max().unwrap_or(20)).filter(|_| record.end.is_none())
        };
        let next = (0..number).filter_map(|at| Some((ready(&steps[at])?, at))).min();
        let Some((ready, at)) = next else { break };
        let record = &mut steps[at];
        machine.bring_about(record, ready);
        let ran = record.step.counted && !record.spans.is_empty();
        if fails && failed_at.is_none() && ran && done > number * 4 / 5 {
            let failure = Arc::new(failure(&record.step));
            failed_at = record.end.as_mut().map(|end| {
                end.how = How::Failed(failure);
                millis(end.at)
            });
        }
    }
    if let Some(failed) = failed_at {
        steps.iter_mut().for_each(|record| stop(record, failed));
    }
    let took = steps.iter().filter_map(|record| record.end.as_ref()).map(|end| end.at).max().unwrap_or_default();
    Build {
        logs: BTreeMap::default(),
        targets: vec!["+all".to_owned()],
        engine: "Docker 28.5.2 at unix:///var/run/docker.sock".to_owned(),
        began: Duration::from_secs(1_795_353_600),
        took: took + ms(120),
        outcome: if failed_at.is_some() { Outcome::Failed } else { Outcome::Succeeded },
        skipped_since: None,
        error: None,
        record: Record { limit: LIMIT, critical_path: critical_path(&steps), steps, outputs: Vec::new() },
    }
}

/// Targets, each with some steps in a row, of which the first one uses what up to two earlier targets made.
fn graph(number: usize, numbers: &mut Numbers) -> Vec<StepRecord> {
    let per_target = if number > 100 { 8 } else { 5 };
    let mut pick = |below: usize| usize::try_from(numbers.below(below.max(1) as u64)).unwrap_or(0);
    let mut step = |at: usize| {
        let (target, first) = (at / per_target, at.is_multiple_of(per_target));
        let mut needs = Vec::new();
        if !first {
            needs.push(at - 1);
        } else if target > 0 {
            let last = |target: usize| target * per_target + per_target - 1;
            needs.extend((0..=pick(2)).map(|_| last(pick(target.min(40)))));
            needs.dedup();
        }
        let name = if first { "FROM debian:bookworm" } else { COMMANDS[pick(COMMANDS.len())] };
        let step = Step {
            id: VertexId(Digest::of(at.to_string())),
            target: format!("+{}", name_of(target)).into(),
            name: name.into(),
            location: Location { file: "Buildfile".into(), line: at + 3, column: 5 },
            trace: Trace::default(),
            counted: name.starts_with("RUN"),
            raw_output: false,
        };
        StepRecord {
            step: Arc::new(step),
            needs,
            known: ms(15),
            spans: Vec::new(),
            parts: Vec::new(),
            printed: 0,
            end: None,
        }
    };
    (0..number).map(&mut step).collect()
}

/// What steps run on.
struct Machine {
    /// When each slot is free again.
    slots: [u64; LIMIT],
    /// When the lock of a cache is free again.
    lock: u64,
    numbers: Numbers,
}

impl Machine {
    fn bring_about(&mut self, record: &mut StepRecord, ready: u64) {
        if self.numbers.below(5) == 0 {
            record.end = Some(End { at: ms(ready + 3), how: How::Cached });
        } else if record.step.counted {
            self.run(record, ready);
        } else {
            let took = 40 + self.numbers.below(if record.step.name.starts_with("FROM") { 2_000 } else { 400 });
            record.spans.push(Span { spent: Spent::Running, from: ms(ready), to: ms(ready + took) });
            record.end = Some(End { at: ms(ready + took), how: How::Done });
        }
    }

    /// Lets a step wait and run.
    fn run(&mut self, record: &mut StepRecord, ready: u64) {
        let mut push = |spent, from, to| {
            if from < to {
                record.spans.push(Span { spent, from: ms(from), to: ms(to) });
            }
        };
        let mut now = ready;
        let locks = self.numbers.below(6) == 0;
        if locks {
            let free = self.lock.max(now);
            let holder = Some("+deps, pid 4711".to_owned());
            push(Spent::WaitingForLock { lock: Some("cache gomod".to_owned()), holder }, now, free);
            now = free;
        }
        self.slots.sort_unstable();
        let free = self.slots[0].max(now);
        push(Spent::WaitingForSlot, now, free);
        let begin = free + if self.numbers.below(9) == 0 { self.numbers.below(900) } else { 0 };
        push(Spent::WaitingForHost, free, begin);
        let long = if self.numbers.below(6) == 0 { self.numbers.below(9_000) } else { 0 };
        let end = begin + 150 + self.numbers.below(900) + long;
        push(Spent::Running, begin, end);
        push(Spent::Ending, end, end + 60);
        self.slots[0] = end;
        if locks {
            self.lock = end;
        }
        if self.numbers.below(10) == 0 {
            let phases = [StepPhase::Create, StepPhase::Start, StepPhase::Load, StepPhase::Command];
            let at = |part: u64| ms(begin + part * (end - begin) / 4);
            record.parts = (0..).zip(phases).map(|(part, phase)| (at(part), phase)).collect();
        }
        record.printed = self.numbers.below(200_000);
        record.end = Some(End { at: ms(end + 60), how: How::Done });
    }
}

/// Cuts a step off at the moment of a failure.
fn stop(record: &mut StepRecord, failed: u64) {
    let Some(end) = record.end.as_mut().filter(|end| millis(end.at) > failed) else { return };
    *end = End { at: ms(failed), how: How::Cancelled };
    record.spans.retain(|span| millis(span.from) < failed);
    record.spans.iter_mut().for_each(|span| span.to = span.to.min(ms(failed)));
    if record.ran().is_none() {
        record.printed = 0;
    }
}

fn failure(step: &Step) -> Failure {
    Failure {
        step: step.clone(),
        cause: Cause::ExitCode(1),
        last_output: (1..=12)
            .map(|line| format!("--- FAIL: TestNumber{line} (0.0{line} s): got <{line}>, want \"{line}\""))
            .collect(),
        help: Some("the tests failed; run them alone with `go test -run TestNumber1`".to_owned()),
        log: None,
    }
}

fn name_of(target: usize) -> String {
    const NAMES: [&str; 8] = ["base", "deps", "build", "unit-test", "lint", "docs", "integration", "image"];
    match target / NAMES.len() {
        0 => NAMES[target].to_owned(),
        round => format!("{}-{round}", NAMES[target % NAMES.len()]),
    }
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
