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
use rbuild::ui;
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
    let mut steps: Vec<StepRecord> = Vec::new();
    let mut slots = [50_u64; LIMIT];
    let (mut lock, mut failed_at) = (0, None);
    let per_target = if number > 100 { 8 } else { 5 };
    for at in 0..number {
        let target = at / per_target;
        let mut needs = Vec::new();
        if at % per_target > 0 {
            needs.push(at - 1);
        } else if target > 0 {
            // A target begins with what others before it made.
            needs.extend((0..=numbers.below(2)).map(|_| {
                let near = target.saturating_sub(1 + usize::try_from(numbers.below(6)).unwrap_or(0));
                near * per_target + per_target - 1
            }));
            needs.dedup();
        }
        let first = at % per_target == 0;
        let name =
            if first { "FROM debian:bookworm" } else { COMMANDS[usize::try_from(numbers.below(6)).unwrap_or(0)] };
        let step = Arc::new(Step {
            id: VertexId(Digest::of(at.to_string())),
            target: format!("+{}", name_of(target)).into(),
            name: name.into(),
            location: Location { file: "Buildfile".into(), line: at + 3, column: 5 },
            counted: name.starts_with("RUN"),
        });
        let ready =
            needs.iter().filter_map(|need| steps[*need].end.as_ref()).map(|end| millis(end.at)).max().unwrap_or(20);
        let mut record =
            StepRecord { step, needs, known: ms(15), spans: Vec::new(), parts: Vec::new(), printed: 0, end: None };
        let stopped = failed_at.is_some_and(|failed| ready >= failed);
        if stopped {
            record.end = Some(End { at: ms(failed_at.unwrap_or_default()), how: How::Cancelled });
        } else if numbers.below(if first { 8 } else { 4 }) == 0 {
            record.end = Some(End { at: ms(ready + 3), how: How::Cached });
        } else if record.step.counted {
            run(&mut record, ready, &mut slots, &mut lock, &mut numbers);
            if fails && at == number * 4 / 5 {
                let end = record.end.as_mut().map(|end| {
                    end.how = How::Failed(Arc::new(failure(&record.step)));
                    millis(end.at)
                });
                failed_at = end;
            }
        } else {
            let took = 40 + numbers.below(if first { 3_000 } else { 400 });
            record.spans.push(Span { spent: Spent::Running, from: ms(ready), to: ms(ready + took) });
            record.end = Some(End { at: ms(ready + took), how: How::Done });
        }
        steps.push(record);
    }
    if let Some(failed) = failed_at {
        steps.iter_mut().for_each(|record| stop(record, failed));
    }
    let took = steps.iter().filter_map(|record| record.end.as_ref()).map(|end| end.at).max().unwrap_or_default();
    Build {
        targets: vec!["+all".to_owned()],
        engine: "Docker 28.5.2 at unix:///var/run/docker.sock".to_owned(),
        began: Duration::from_secs(1_795_353_600),
        took: took + ms(120),
        outcome: if failed_at.is_some() { Outcome::Failed } else { Outcome::Succeeded },
        error: None,
        record: Record { limit: LIMIT, critical_path: critical_path(&steps), steps, outputs: Vec::new() },
    }
}

/// Lets a step wait and run.
fn run(record: &mut StepRecord, ready: u64, slots: &mut [u64; LIMIT], lock: &mut u64, numbers: &mut Numbers) {
    let mut push = |spent, from, to| {
        if from < to {
            record.spans.push(Span { spent, from: ms(from), to: ms(to) });
        }
    };
    let mut now = ready;
    let locks = numbers.below(5) == 0;
    if locks {
        let free = (*lock).max(now);
        let holder = Some("+deps, pid 4711".to_owned());
        push(Spent::WaitingForLock { lock: Some("cache gomod".to_owned()), holder }, now, free);
        now = free;
    }
    slots.sort_unstable();
    let free = slots[0].max(now);
    push(Spent::WaitingForSlot, now, free);
    let host = if numbers.below(9) == 0 { numbers.below(900) } else { 0 };
    push(Spent::WaitingForHost, free, free + host);
    let begin = free + host;
    let took = 150 + numbers.below(900) + if numbers.below(6) == 0 { numbers.below(9_000) } else { 0 };
    push(Spent::Running, begin, begin + took);
    push(Spent::Ending, begin + took, begin + took + 60);
    slots[0] = begin + took;
    if locks {
        *lock = begin + took;
    }
    if numbers.below(10) == 0 {
        record.parts = vec![
            (ms(begin), StepPhase::Create),
            (ms(begin + took / 4), StepPhase::Start),
            (ms(begin + took / 2), StepPhase::Command),
        ];
    }
    record.printed = numbers.below(200_000);
    record.end = Some(End { at: ms(begin + took + 60), how: How::Done });
}

/// Cuts a step off at the moment of a failure.
fn stop(record: &mut StepRecord, failed: u64) {
    let Some(end) = record.end.as_mut().filter(|end| millis(end.at) > failed) else { return };
    *end = End { at: ms(failed), how: How::Cancelled };
    record.spans.retain(|span| millis(span.from) < failed);
    record.spans.iter_mut().for_each(|span| span.to = span.to.min(ms(failed)));
}

fn failure(step: &Step) -> Failure {
    Failure {
        step: step.clone(),
        cause: Cause::ExitCode(1),
        last_output: (1..=12)
            .map(|line| format!("--- FAIL: TestNumber{line} (0.0{line} s): got <{line}>, want \"{line}\""))
            .collect(),
        help: Some("the tests failed; run them alone with `go test -run TestNumber1`".to_owned()),
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
