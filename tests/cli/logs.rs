//! What steps print.

use super::engine::Engine;
use super::on_each_engine;
use super::project::Project;

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
