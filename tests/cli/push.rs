//! What leaves this machine, to the registry under test.

use super::engine::{in_registry, registry};
use super::project::Project;

/// A project whose text may say `%registry%`.
fn project(buildfile: &str) -> Project {
    Project::new().buildfile(&buildfile.replace("%registry%", &registry()))
}

fn pushed(project: &Project, name: &str) -> bool {
    in_registry(&project.fill(name)).is_some()
}

const PUSHES: &str = "
FROM busybox
t:
  RUN echo %nonce% > /a
  SAVE IMAGE --push %registry%/rbuild-test/%nonce%:pushed
  SAVE IMAGE %registry%/rbuild-test/%nonce%:kept
";

#[test]
fn images_are_pushed_only_when_it_was_asked_for() {
    let project = project(PUSHES);
    project.rbuild(["+t"]).success().stderr_lacks("pushed (");
    assert!(!pushed(&project, "rbuild-test/%nonce%:pushed"));
    project.rbuild(["--push", "+t"]).success().stderr_contains("pushed (+t)");
    assert!(pushed(&project, "rbuild-test/%nonce%:pushed"));
    assert!(!pushed(&project, "rbuild-test/%nonce%:kept"), "without `--push` in the Buildfile an image stays here");
}

#[test]
fn the_option_may_stand_behind_the_target() {
    let project = project(PUSHES);
    project.rbuild(["+t", "--push"]).success();
    assert!(pushed(&project, "rbuild-test/%nonce%:pushed"));
}

#[test]
fn nothing_is_pushed_when_something_failed() {
    let project = project(&format!("{PUSHES}fails:\n  RUN : %nonce%; exit 1\nall:\n  BUILD +t\n  BUILD +fails\n"));
    project.rbuild(["--push", "+all"]).code(1);
    assert!(!pushed(&project, "rbuild-test/%nonce%:pushed"));
}

const PUSH_STEPS: &str = "
FROM busybox
t:
  RUN echo before %nonce%
  RUN --push echo pushing %nonce%
all:
  BUILD +t
  BUILD +fails
fails:
  RUN : %nonce%; sleep 1; exit 1
";

#[test]
fn push_steps_run_only_when_it_was_asked_for_and_each_time() {
    let project = project(PUSH_STEPS);
    project.rbuild(["+t"]).success().stderr_contains("| before").stderr_lacks("| pushing");
    for _ in 0..2 {
        project.rbuild(["--push", "+t"]).success().stderr_contains("| pushing").stderr_lacks("| before");
    }
}

#[test]
fn push_steps_run_after_everything_else_succeeded() {
    let project = project(PUSH_STEPS);
    project.rbuild(["--push", "+all"]).code(1).stderr_contains("| before").stderr_lacks("| pushing");
}

#[test]
fn a_registry_that_does_not_answer_fails_the_push_with_the_name() {
    let project = Project::new()
        .buildfile("FROM busybox\nt:\n  RUN : %nonce%\n  SAVE IMAGE --push 127.0.0.1:9/rbuild-test/%nonce%:x\n");
    let outcome = project.rbuild(["--push", "+t"]);
    assert!(matches!(outcome.status.code(), Some(1 | 4)), "{outcome}");
    outcome.stderr_contains(&project.fill("127.0.0.1:9/rbuild-test/%nonce%:x"));
}

#[test]
fn what_is_pushed_needs_no_output_on_this_machine() {
    for option in ["--ci", "--no-output"] {
        let project = project(PUSHES);
        project.rbuild([option, "--push", "+t"]).success().stderr_contains("pushed (+t)");
        assert!(pushed(&project, "rbuild-test/%nonce%:pushed"), "{option}");
    }
}
