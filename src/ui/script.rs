//! Scripted builds for the renderers' tests.

use super::renderer::Renderer;
use super::settings::{Environment, Terminal};
use crate::digest::{Digest, VertexId};
use crate::event::{CacheNews, Cause, Counts, Event, Failure, Outcome, Step, StepState, Stream, Summary, TimedStep};
use crate::source::Location;
use crate::trace::{Call, Trace};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Events with their times in milliseconds.
pub(super) type Script = Vec<(u64, Event)>;

/// A terminal with these properties.
pub(super) fn terminal(colour: bool, unicode: bool) -> Terminal {
    Terminal { colour, unicode, is_tty: true, drawable: true, ..Terminal::new(&Environment::default()) }
}

/// Runs a script, with a tick ten times a second, and gives all lines.
pub(super) fn play(renderer: &mut dyn Renderer, script: &Script) -> String {
    let mut lines = Vec::new();
    let mut tick = 100;
    for (now, event) in script {
        while tick <= *now {
            lines.extend(renderer.tick(ms(tick)));
            tick += 100;
        }
        lines.extend(renderer.event(ms(*now), event.clone()));
    }
    lines.extend(renderer.end());
    lines.join("\n") + "\n"
}

pub(super) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(super) fn step(target: &str, name: &str, line: usize) -> Arc<Step> {
    Arc::new(Step {
        id: VertexId(Digest::of(format!("{target} {name}"))),
        target: target.into(),
        name: name.into(),
        location: Location { file: "Buildfile".into(), line, column: 5 },
        trace: if target == "+all" { Trace::default() } else { call("+all", &format!("BUILD {target}"), 3) },
        counted: name.starts_with("RUN"),
        raw_output: false,
    })
}

/// The same step with `--raw-output`.
pub(super) fn raw(step: &Step) -> Arc<Step> {
    Arc::new(Step { raw_output: true, ..step.clone() })
}

/// The way from the user's own target through one call.
pub(super) fn call(target: &str, command: &str, line: usize) -> Trace {
    let location = Location { file: "Buildfile".into(), line, column: 5 };
    Trace::default().through(Call { target: target.into(), command: command.into(), location })
}

pub(super) fn moves(step: &Arc<Step>, state: StepState) -> Event {
    Event::Step { step: step.clone(), state }
}

pub(super) fn done(step: &Arc<Step>, millis: u64) -> Event {
    moves(step, StepState::Done { took: ms(millis) })
}

pub(super) fn says(step: &Arc<Step>, text: &str) -> Event {
    Event::Output { step: step.clone(), stream: Stream::Stdout, bytes: text.into() }
}

pub(super) fn waits(step: &Arc<Step>, seconds: u64, holder: Option<&str>) -> Event {
    moves(
        step,
        StepState::WaitingForLock {
            lock: "cache gomod".into(),
            holder: holder.map(str::to_owned),
            held: holder.map(|_| Duration::from_secs(seconds + 120)),
            waited: Duration::from_secs(seconds),
        },
    )
}

pub(super) fn fails(step: &Arc<Step>, millis: u64, cause: Cause, output: &[&str], help: Option<&str>) -> Event {
    let failure = Failure {
        step: (**step).clone(),
        cause,
        last_output: output.iter().map(|line| (*line).to_owned()).collect(),
        help: help.map(str::to_owned),
        log: (!output.is_empty())
            .then(|| format!("/home/u/.cache/rbuild/logs/20260102-030405-7/{}.log", &step.target[1..]).into()),
    };
    moves(step, StepState::Failed { took: ms(millis), failure: Arc::new(failure) })
}

pub(super) fn started(target: &str) -> Event {
    Event::Started {
        targets: vec![target.to_owned()],
        engine: "Docker 28.5.2 at unix:///var/run/docker.sock".to_owned(),
    }
}

pub(super) fn finished(outcome: Outcome, millis: u64) -> Event {
    Event::Finished { outcome, took: ms(millis) }
}

pub(super) fn counts(running: usize, queued: usize, waiting_for_lock: usize, done: usize, total: usize) -> Event {
    Event::Counts(Counts { limit: 2, running, queued, waiting_for_lock, waiting_for_host: 0, done, total })
}

/// A build that does everything once and succeeds.
pub(super) fn success() -> Script {
    let from = step("+build", "FROM golang:1.24", 2);
    let copy = step("+build", "COPY . .", 3);
    let build = step("+build", "RUN go build -o /app ./cmd/app", 4);
    let lint = step("+lint", "RUN golangci-lint run --timeout 10m --out-format=colored-line-number ./...", 9);
    vec![
        (0, started("+all")),
        (10, moves(&from, StepState::Cached)),
        (15, Event::RegistryCache { name: "registry.example.com/app:cache".into(), news: CacheNews::Found }),
        (20, Event::ContextSent { context: "./".into(), files: 12, bytes: 34_567 }),
        (30, moves(&copy, StepState::Running)),
        (90, done(&copy, 60)),
        (100, moves(&build, StepState::Queued)),
        (100, moves(&lint, StepState::Queued)),
        (110, counts(0, 2, 0, 0, 3)),
        (120, moves(&build, StepState::Running)),
        (130, moves(&lint, StepState::Running)),
        (130, counts(2, 0, 0, 0, 3)),
        (400, says(&build, "go: downloading golang.org/x/sync v0.8.0\ngo: down")),
        (450, says(&lint, "\x1b[2K\r10%\r50%\r100%\nlevel=warning msg=\"no \x1b[33mconfig\x1b[0m\"\n")),
        (500, says(&build, "loading golang.org/x/net v0.30.0\nno line feed")),
        (900, Event::Note("the engine keeps 2 MiB of output for each step".into())),
        (3_330, done(&build, 3_210)),
        (3_340, counts(1, 0, 0, 1, 3)),
        (4_130, done(&lint, 4_000)),
        (4_140, counts(0, 0, 0, 2, 3)),
        (4_200, Event::ImageStored { target: "+image".into(), name: "app:latest".into() }),
        (4_300, Event::ImagePushed { target: "+image".into(), name: "registry.example.com/app:latest".into() }),
        (
            4_400,
            Event::ArtifactSaved {
                target: "+build".into(),
                source: "+build/app".into(),
                path: PathBuf::from("./out/app"),
            },
        ),
        (4_500, finished(Outcome::Succeeded, 4_500)),
    ]
}

/// A build whose results were all there.
pub(super) fn cached() -> Script {
    let from = step("+build", "FROM alpine:3.20", 2);
    let run = step("+build", "RUN make", 3);
    vec![
        (0, started("+build")),
        (10, moves(&from, StepState::Cached)),
        (20, moves(&run, StepState::Queued)),
        (30, moves(&run, StepState::Cached)),
        (40, counts(0, 0, 0, 1, 1)),
        (45, finished(Outcome::Succeeded, 45)),
    ]
}

/// A build in which nothing was to be done.
pub(super) fn skipped() -> Script {
    let since = Duration::from_secs(1_795_379_183);
    vec![
        (0, started("+build")),
        (1, Event::Skipped { target: "+build".into(), since }),
        (45, finished(Outcome::Succeeded, 45)),
    ]
}

/// A build with a step that fails while another still prints, and stops the rest.
pub(super) fn failure() -> Script {
    let test = step("+test", "RUN go test ./...", 12);
    let lint = step("+lint", "RUN golangci-lint run", 20);
    let image = step("+image", "RUN apk add ca-certificates", 30);
    let output = ["--- FAIL: TestAdd (0.00s)", "    add_test.go:9: 1 + 1 = 3", "FAIL"];
    vec![
        (0, started("+all")),
        (10, moves(&test, StepState::Running)),
        (10, moves(&lint, StepState::Running)),
        (10, moves(&image, StepState::Queued)),
        (20, counts(2, 1, 0, 0, 3)),
        (300, says(&test, &(output.join("\n") + "\n"))),
        (310, says(&lint, "running 40 linters\n")),
        (
            1_500,
            fails(&test, 1_490, Cause::ExitCode(1), &output, Some("run `rbuild -i +test` for a shell in this step")),
        ),
        (1_600, says(&lint, "received a signal\n")),
        (1_700, moves(&lint, StepState::Cancelled)),
        (1_700, moves(&image, StepState::Cancelled)),
        (1_710, counts(0, 0, 0, 1, 3)),
        (1_800, finished(Outcome::Failed, 1_800)),
    ]
}

/// A build that fails with nothing else going on.
pub(super) fn lone_failure() -> Script {
    let from = step("+build", "FROM alpine:3.99", 2);
    let run = step("+build", "RUN make", 3);
    vec![
        (0, started("+build")),
        (10, moves(&from, StepState::Cached)),
        (20, moves(&run, StepState::Running)),
        (900, says(&run, "make: *** No targets.  Stop.\n")),
        (910, fails(&run, 890, Cause::ExitCode(2), &["make: *** No targets.  Stop."], None)),
        (950, finished(Outcome::Failed, 950)),
    ]
}

/// A build that the user stops.
pub(super) fn cancel() -> Script {
    let run = step("+build", "RUN make", 3);
    let next = step("+build", "RUN make check", 4);
    vec![
        (0, started("+build")),
        (10, moves(&run, StepState::Running)),
        (20, moves(&next, StepState::Queued)),
        (700, says(&run, "cc -c main.c\ncc -c")),
        (800, Event::Note("stopping; press Ctrl-C again to kill what runs".into())),
        (1_200, moves(&run, StepState::Cancelled)),
        (1_200, moves(&next, StepState::Cancelled)),
        (1_210, finished(Outcome::Interrupted, 1_210)),
    ]
}

/// A build that waits for another process, long enough for reminders and numbers.
pub(super) fn lock_wait() -> Script {
    let run = step("+test", "RUN go test ./...", 12);
    let mut script = vec![(0, started("+test")), (5, counts(0, 0, 1, 0, 1))];
    script.extend((0..=32).map(|second| (10 + second * 1_000, waits(&run, second, Some("+build, pid 4711")))));
    script.extend([
        (33_000, moves(&run, StepState::Running)),
        (34_500, done(&run, 1_500)),
        (34_600, finished(Outcome::Succeeded, 34_600)),
    ]);
    script
}

/// A build that shares the machine with another one, and takes long enough for a summary.
pub(super) fn shared_machine() -> Script {
    let deps = step("+deps", "RUN go mod download", 3);
    let build = step("+build", "RUN go build -o /app ./cmd/app", 8);
    let test = step("+test", "RUN go test -race -count=1 -timeout 10m -coverprofile=coverage.out ./internal/...", 12);
    let host = |step: &Arc<Step>, millis| moves(step, StepState::WaitingForHost { waited: ms(millis) });
    let numbers = |running, queued, waiting_for_host, done| {
        Event::Counts(Counts { limit: 2, running, queued, waiting_for_lock: 0, waiting_for_host, done, total: 3 })
    };
    let timed = |step: &Arc<Step>, millis| TimedStep { step: step.clone(), took: ms(millis) };
    let mut script = vec![(0, started("+all")), (10, moves(&deps, StepState::Queued)), (20, numbers(0, 1, 0, 0))];
    script.extend([(520, host(&deps, 500)), (520, numbers(0, 0, 1, 0)), (5_020, host(&deps, 5_000))]);
    script.extend([(12_020, moves(&deps, StepState::Running)), (12_020, numbers(1, 0, 0, 0))]);
    script.extend([(17_220, done(&deps, 5_200)), (17_230, numbers(0, 2, 0, 1))]);
    script.extend([(17_240, moves(&build, StepState::Running)), (17_240, host(&test, 0))]);
    script.extend([(17_250, numbers(1, 0, 1, 1)), (20_440, done(&build, 3_200))]);
    script.extend([(20_450, moves(&test, StepState::Running)), (20_460, numbers(1, 0, 0, 2))]);
    let summary = Summary {
        slowest: vec![timed(&test, 12_345), timed(&deps, 5_200), timed(&build, 3_200)],
        critical_path: vec![timed(&deps, 5_200), timed(&test, 12_345)],
        ran: ms(20_745),
        waited_for_locks: Duration::ZERO,
        waited_for_slots: ms(20),
        waited_for_host: ms(15_200),
    };
    script.extend([(32_795, done(&test, 12_345)), (32_800, Event::Summary(Arc::new(summary)))]);
    script.push((32_810, finished(Outcome::Succeeded, 32_810)));
    script
}

/// A build of thirty targets, four steps at a time, with a step that waits for a lock and one that fails.
pub(super) fn thirty() -> Script {
    let targets = ["lint", "unit", "docs", "image", "integration-tests"];
    let runs: Vec<Arc<Step>> = (0..30)
        .map(|at| {
            step(&format!("+{}-{at}", targets[at % 5]), &format!("RUN make {} PART={at} -j4", targets[at % 5]), 5 + at)
        })
        .collect();
    let total = runs.len();
    let mut script = vec![(0, started("+all"))];
    script.extend(runs.iter().map(|run| (20, moves(run, StepState::Queued))));
    script.push((30, waits(&runs[29], 0, Some("+build, pid 4711"))));
    let numbers = |running, done: usize, waiting| {
        let queued = total - running - done - waiting;
        Event::Counts(Counts { limit: 4, running, queued, waiting_for_lock: waiting, waiting_for_host: 0, done, total })
    };
    for wave in 0..8 {
        let begin = 100 + 1_500 * wave as u64;
        let part = &runs[4 * wave..(4 * wave + 4).min(total)];
        for run in part {
            script.push((begin, moves(run, StepState::Running)));
            script.push((
                begin + 300,
                says(run, "\x1b[32mcompiling\x1b[0m 世界 part one of many, with a path/that/is/quite/long.c\n"),
            ));
        }
        script.push((begin, numbers(part.len(), 4 * wave, usize::from(wave < 7))));
        for (at, run) in part.iter().enumerate() {
            let took = 1_000 + 100 * at as u64;
            let end = if run.target.ends_with("-13") {
                fails(run, took, Cause::ExitCode(2), &["make: *** [Makefile:7: image] Error 2"], None)
            } else {
                done(run, took)
            };
            script.push((begin + took, end));
            script.push((begin + took, numbers(part.len() - at - 1, 4 * wave + at + 1, usize::from(wave < 7))));
        }
    }
    script.sort_by_key(|(now, _)| *now);
    script.push((12_500, finished(Outcome::Failed, 12_500)));
    script
}

/// All scripts with their names.
pub(super) fn all() -> Vec<(&'static str, Script)> {
    vec![
        ("success", success()),
        ("cached", cached()),
        ("failure", failure()),
        ("lone_failure", lone_failure()),
        ("cancel", cancel()),
        ("lock_wait", lock_wait()),
        ("shared_machine", shared_machine()),
    ]
}
