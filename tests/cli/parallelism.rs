//! The cap on running steps.

use super::engine::{DOCKER_28, Engine};
use super::on_each_engine;
use super::project::Project;

on_each_engine!(two_steps_run_together_and_never_more_when_the_limit_is_two);

/// Eight targets whose steps count who else is there, in a directory that they share. Each stays until as many as may be there have
/// been seen together (or five seconds have passed), and a little longer, so that one too many would be seen as well.
fn neighbours(engine: Engine, limit: usize) -> Vec<String> {
    let project = Project::on(engine).buildfile(
        r#"
FROM busybox
all:
  BUILD +step --i=1 --i=2 --i=3 --i=4 --i=5 --i=6 --i=7 --i=8
step:
  ARG i
  ARG limit
  RUN --mount=type=cache,id=%nonce%,sharing=shared,target=/shared \
      touch /shared/in-$i; \
      touch /shared/saw-$(ls /shared | grep -c ^in-); \
      n=0; until [ -e /shared/saw-$limit ] || [ $n = 50 ]; do n=$((n + 1)); sleep 0.1; done; \
      sleep 0.2; \
      touch /shared/saw-$(ls /shared | grep -c ^in-); \
      rm /shared/in-$i
seen:
  RUN --mount=type=cache,id=%nonce%,sharing=shared,target=/shared ls /shared
"#,
    );
    let limit = limit.to_string();
    project.rbuild(["-j", &limit, "+all", &format!("--limit={limit}")]).success();
    let seen = project.rbuild(["+seen"]).success();
    seen.printed_by("+seen").into_iter().map(str::to_owned).collect()
}

#[test]
fn at_most_one_step_runs_at_a_time_when_the_limit_is_one() {
    assert_eq!(neighbours(DOCKER_28, 1), ["saw-1"]);
}

fn two_steps_run_together_and_never_more_when_the_limit_is_two(engine: Engine) {
    assert_eq!(neighbours(engine, 2), ["saw-1", "saw-2"]);
}

#[test]
fn three_steps_run_together_and_never_more_when_the_limit_is_three() {
    assert_eq!(neighbours(DOCKER_28, 3), ["saw-1", "saw-2", "saw-3"]);
}

#[test]
fn the_limit_is_told_to_programs() {
    let project = Project::new().buildfile("FROM busybox\nt:\n  RUN echo %nonce%\n");
    let outcome = project.rbuild(["--progress=json", "-j", "3", "+t"]).success();
    let counts: Vec<_> = outcome.events().into_iter().filter(|event| event["event"] == "counts").collect();
    assert!(!counts.is_empty(), "{outcome}");
    assert!(counts.iter().all(|counts| counts["limit"] == 3 && counts["running"].as_u64() <= Some(3)), "{outcome}");
}

#[test]
fn a_build_ends_with_where_its_time_went() {
    let project = Project::new().buildfile(
        "
FROM busybox
all:
  BUILD +long
  BUILD +aside
first:
  RUN echo first %nonce%; sleep 1
long:
  FROM +first
  RUN echo long %nonce%; sleep 1.5
aside:
  RUN echo aside %nonce%; sleep 0.5
",
    );
    let outcome = project.rbuild(["--progress=json", "-j", "1", "+all"]).success();
    let events = outcome.events();
    let [.., summary, finished] = &events[..] else { panic!("{outcome}") };
    assert_eq!((&summary["event"], &finished["event"]), (&"summary".into(), &"finished".into()), "{outcome}");
    let targets = |list: &str| -> Vec<String> {
        let steps = summary[list].as_array().unwrap();
        steps.iter().map(|step| step["target"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(targets("slowest"), ["+long", "+first", "+aside"], "{outcome}");
    assert_eq!(targets("critical_path"), ["+first", "+long"], "{outcome}");
    let sum = |field: &str| summary[field].as_u64().unwrap();
    assert!(sum("ran_ms") >= 3_000, "{summary}");
    // With one slot, the step aside waited for one of the others, or one of them for it.
    assert!(sum("waited_for_slots_ms") >= 300, "{summary}");
    assert_eq!((sum("waited_for_locks_ms"), sum("waited_for_host_ms")), (0, 0), "{summary}");
    let again = project.rbuild(["--progress=json", "-j", "1", "+all"]).success().all_cached();
    assert!(again.events().iter().all(|event| event["event"] != "summary"), "{again}");
}

#[test]
fn a_limit_of_nothing_is_a_usage_error() {
    let project = Project::new().buildfile("t:\n  FROM busybox\n");
    project.rbuild(["-j", "0", "+t"]).code(2).stderr_contains("--max-parallelism");
    project.rbuild(["-j", "many", "+t"]).code(2).stderr_contains("many");
    project.env("RBUILD_MAX_PARALLELISM", "0").rbuild(["+t"]).code(2).stderr_contains("--max-parallelism");
}
