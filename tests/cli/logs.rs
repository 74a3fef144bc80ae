//! What steps print.

use super::engine::Engine;
use super::on_each_engine;
use super::project::Project;
use std::path::PathBuf;

on_each_engine!(
    every_line_of_parallel_steps_stands_under_its_target,
    both_outputs_of_a_step_are_shown,
    the_last_line_is_shown_without_its_line_feed,
    the_lines_of_a_failing_step_are_shown,
);

fn every_line_of_parallel_steps_stands_under_its_target(engine: Engine) {
    let mut text = "FROM busybox\nall:\n".to_owned();
    for target in 0..6 {
        text.push_str(&format!("  BUILD +t{target}\n"));
    }
    for target in 0..6 {
        text.push_str(&format!(
            "t{target}:\n  RUN for i in $(seq 100); do echo \"t{target} %nonce% line $i\"; done\n  RUN echo \"t{target} last\"\n"
        ));
    }
    let project = Project::on(engine).buildfile(&text);
    let outcome = project.rbuild(["-j", "4", "+all"]).success();
    for target in 0..6 {
        let lines = (1..=100).map(|line| project.fill(&format!("t{target} %nonce% line {line}")));
        let expected: Vec<String> = lines.chain([format!("t{target} last")]).collect();
        assert_eq!(outcome.printed_by(&format!("+t{target}")), expected, "{outcome}");
    }
}

fn both_outputs_of_a_step_are_shown(engine: Engine) {
    let project = Project::on(engine).buildfile("FROM busybox\nt:\n  RUN echo to stdout %nonce%; echo to stderr >&2\n");
    let outcome = project.rbuild(["+t"]).success();
    let mut lines = outcome.printed_by("+t");
    lines.sort_unstable();
    assert_eq!(lines, ["to stderr".to_owned(), project.fill("to stdout %nonce%")], "{outcome}");
}

fn the_last_line_is_shown_without_its_line_feed(engine: Engine) {
    let project = Project::on(engine).buildfile("FROM busybox\nt:\n  RUN : %nonce%; echo first; printf second\n");
    let outcome = project.rbuild(["+t"]).success();
    assert_eq!(outcome.printed_by("+t"), ["first", "second"], "{outcome}");
}

fn the_lines_of_a_failing_step_are_shown(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "FROM busybox\nt:\n  RUN : %nonce%; for i in $(seq 20); do echo line $i; done; printf end; exit 7\n",
    );
    let outcome = project.rbuild(["+t"]).code(1).stderr_contains("exit code 7").stderr_contains("Buildfile:3");
    let expected: Vec<String> = (1..=20).map(|line| format!("line {line}")).chain(["end".to_owned()]).collect();
    let printed = outcome.printed_by("+t");
    assert_eq!(printed, expected, "{outcome}");
}

/// The path behind `all that it printed: `.
fn named_log(stderr: &str) -> PathBuf {
    let mut named = stderr.lines().filter_map(|line| line.strip_prefix("all that it printed: "));
    PathBuf::from(named.next_back().expect("a log is named"))
}

#[test]
fn all_that_a_step_prints_is_kept_without_its_secrets() {
    let project = Project::new().buildfile(
        "FROM busybox\nall:\n  BUILD +quiet\n  BUILD +t\nquiet:\n  RUN : %nonce%\n\
         t:\n  RUN --secret TOKEN : %nonce%; for i in $(seq 300); do echo line $i; done; echo $TOKEN; printf end; exit 3\n",
    );
    let outcome = project.rbuild(["--secret", "TOKEN=hunter2", "+all"]).code(1);
    let log = named_log(&outcome.stderr);
    assert!(log.starts_with(project.cache_dir().join("logs")), "{outcome}");
    let expected: String = (1..=300).map(|line| format!("line {line}\n")).collect();
    assert_eq!(std::fs::read_to_string(&log).expect("it is there"), expected + "***\nend");
    let beside = std::fs::read_dir(log.parent().expect("it is in a directory")).expect("it can be read");
    assert_eq!(beside.count(), 1, "what printed nothing has no log");
    let outcome = project.rbuild(["--progress=json", "--secret", "TOKEN=hunter2", "+all"]).code(1);
    let events = outcome.events();
    let failed = events.iter().find(|event| event["state"] == "failed").expect("it failed");
    assert!(PathBuf::from(failed["log"].as_str().expect("it has a log")).exists(), "{outcome}");
    assert_eq!(failed["reached_by"][0]["command"], "BUILD +t", "{outcome}");
}

#[test]
fn what_the_engine_threw_away_is_said() {
    let project = Project::new().buildfile(
        "FROM busybox\nt:\n  RUN : %nonce%; dd if=/dev/zero bs=1024 count=4096 | tr '\\0' 'x' | fold -w 99; exit 3\n",
    );
    let outcome = project.rbuild(["+t"]).code(1);
    outcome
        .stderr_contains("[output clipped, log limit")
        .stderr_contains("the engine threw away what the step printed beyond its limit");
}
