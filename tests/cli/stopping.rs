//! Builds that are stopped.

use super::project::Project;
use super::running::Running;
use rustix::process::Signal;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// A target that stays in a step until its file says `go`, then saves an artifact and an image.
fn project() -> Project {
    Project::new().file("mode", "wait").buildfile(
        "
FROM busybox
t:
  RUN echo first %nonce%
  COPY mode /
  RUN echo here-is-%nonce%; mkfifo /%nonce%; [ $(cat /mode) = go ] || cat /%nonce%
  RUN head -c 100000 /dev/zero > /big
  SAVE ARTIFACT /big AS LOCAL big
  SAVE IMAGE rbuild-test/%nonce%:stopped
",
    )
}

/// Processes on this machine whose command line contains a text. The engines under test run here.
pub fn processes(text: &str) -> Vec<String> {
    let all = fs::read_dir("/proc").expect("can be read").flatten();
    let commands = all.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    commands
        .map(|command| String::from_utf8_lossy(&command).replace('\0', " "))
        .filter(|line| line.contains(text))
        .collect()
}

#[track_caller]
pub fn until_none(what: &str, find: impl Fn() -> Vec<String>) {
    let began = Instant::now();
    while !find().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what} left over: {:?}", find());
        thread::sleep(Duration::from_millis(50));
    }
}

fn nothing_is_left(project: &Project) {
    until_none("processes", || processes(project.nonce()));
    until_none("containers", || project.engine().containers(project.nonce()));
    assert_eq!(project.list("."), ["Buildfile", "mode"]);
    assert!(project.engine().image(&project.fill("rbuild-test/%nonce%:stopped")).is_none());
}

fn in_the_step(project: &Project) -> Running {
    let mut running = project.start(["+t"]);
    running.wait_for(&project.fill("| here-is-%nonce%"));
    // A process that becomes another one has no command line for a moment.
    let began = Instant::now();
    while processes(project.nonce()).is_empty() {
        assert!(began.elapsed() < Duration::from_secs(20), "the step is a process of this machine");
        thread::sleep(Duration::from_millis(50));
    }
    running
}

fn the_next_run_succeeds(project: &Project) {
    project.write("mode", "go");
    let outcome = project.rbuild(["+t"]).success();
    assert_eq!(fs::metadata(project.path("big")).expect("is saved").len(), 100_000, "{outcome}");
}

#[test]
fn a_killed_build_leaves_nothing_and_the_next_one_succeeds() {
    let project = project();
    let running = in_the_step(&project);
    running.signal(Signal::KILL);
    assert_eq!(running.finish().status.code(), None);
    nothing_is_left(&project);
    the_next_run_succeeds(&project);
}

#[test]
fn a_build_that_is_killed_while_it_writes_leaves_no_half_of_an_artifact() {
    const SIZE: u64 = 150_000_000;
    let project = Project::new().buildfile(&format!(
        "
FROM busybox
t:
  RUN head -c {SIZE} /dev/zero > /big; : %nonce%
  SAVE ARTIFACT /big AS LOCAL big
"
    ));
    project.rbuild(["--no-output", "+t"]).success();
    let mut running = project.start(["+t"]);
    while running.is_running() && project.list(".").len() == 1 {
        thread::sleep(Duration::from_millis(1));
    }
    if running.is_running() {
        running.signal(Signal::KILL);
    }
    let outcome = running.finish();
    println!("killed: {}, left: {:?}", outcome.status.code().is_none(), project.list("."));
    // It may have been quicker than the signal.
    let written = fs::metadata(project.path("big")).ok().map(|file| file.len());
    assert!(matches!(written, None | Some(SIZE)), "{written:?}\n{outcome}");
    project.rbuild(["+t"]).success();
    assert_eq!(fs::metadata(project.path("big")).expect("is saved").len(), SIZE);
    assert_eq!(project.list("."), ["Buildfile", "big"], "what the killed build began is gone");
}

#[test]
fn an_interrupted_build_ends_its_step_and_says_so() {
    let project = project();
    let running = in_the_step(&project);
    running.signal(Signal::INT);
    running.finish().code(130).stderr_contains("*cancelled*").stderr_contains("interrupted +t");
    nothing_is_left(&project);
    the_next_run_succeeds(&project);
}

#[test]
fn a_terminated_build_ends_like_an_interrupted_one() {
    let project = project();
    let running = in_the_step(&project);
    running.signal(Signal::TERM);
    running.finish().code(143);
    nothing_is_left(&project);
}

#[test]
fn programs_are_told_of_an_interrupt() {
    let project =
        Project::new().buildfile("FROM busybox\nt:\n  RUN echo %nonce%; sleep 300\nu:\n  FROM +t\n  RUN : later\n");
    let mut running = project.start(["--progress=json", "+u"]);
    running.wait_for(r#""event":"output""#);
    running.signal(Signal::INT);
    let outcome = running.finish().code(130);
    let last = outcome.events().pop().expect("it says something");
    assert_eq!((&last["event"], &last["outcome"]), (&"finished".into(), &"interrupted".into()), "{outcome}");
    assert_eq!(outcome.steps("cancelled").len(), 2, "{outcome}");
}

#[test]
fn a_failure_stops_what_runs_beside_it() {
    let project = Project::new().buildfile(
        "
FROM busybox
all:
  BUILD +long
  BUILD +fails
long:
  RUN --mount=type=cache,id=%nonce%,sharing=shared,target=/shared touch /shared/long; echo long %nonce%; sleep 300
fails:
  RUN --mount=type=cache,id=%nonce%,sharing=shared,target=/shared until [ -e /shared/long ]; do sleep 0.1; done; exit 9
",
    );
    project.rbuild(["-j", "2", "+all"]).code(1).stderr_contains("+fails failed").stderr_contains("*cancelled*");
    until_none("processes", || processes(project.nonce()));
}

#[test]
fn with_keep_going_what_runs_beside_a_failure_is_finished() {
    let project = Project::new().buildfile(
        "
FROM busybox
all:
  BUILD +other
  BUILD +fails
other:
  RUN echo other %nonce%
  RUN echo and more
fails:
  RUN : %nonce%; exit 9
after:
  FROM +fails
  RUN echo never
",
    );
    let outcome = project.rbuild(["-j", "1", "--keep-going", "+all", "+after"]).code(1);
    outcome.stderr_contains("| and more").stderr_contains("+fails failed").stderr_lacks("| never");
}
