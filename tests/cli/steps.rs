//! RUN, and what changes how it runs.

use super::engine::Engine;
use super::on_each_engine;
use super::project::Project;

on_each_engine!(
    an_uncached_step_runs_each_time_and_everything_after_it,
    a_step_without_network_sees_none,
    a_cache_keeps_its_files_between_runs_and_out_of_the_image,
    the_exec_form_uses_no_shell,
    the_entry_point_stands_in_front,
    mounts_belong_to_their_step,
    a_new_cache_has_its_mode,
);

fn an_uncached_step_runs_each_time_and_everything_after_it(engine: Engine) {
    let project = Project::on(engine)
        .buildfile("FROM busybox\nt:\n  RUN echo first %nonce%\n  RUN --no-cache echo second\n  RUN echo third\n");
    project.rbuild(["+t"]).success().stderr_contains("| first").stderr_contains("| second").stderr_contains("| third");
    for _ in 0..2 {
        let outcome = project.rbuild(["+t"]).success();
        assert_eq!(outcome.printed_by("+t"), ["second", "third"], "{outcome}");
    }
}

fn a_step_without_network_sees_none(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "FROM busybox\nt:\n  RUN --network=none ls /sys/class/net; : %nonce%\nu:\n  RUN ls /sys/class/net; : %nonce%\n",
    );
    let outcome = project.rbuild(["+t"]).success();
    assert_eq!(outcome.printed_by("+t"), ["lo"], "{outcome}");
    project.rbuild(["+u"]).success().stderr_contains("| eth0");
}

fn a_cache_keeps_its_files_between_runs_and_out_of_the_image(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM busybox
t:
  ARG round
  CACHE --id %nonce% /cache
  RUN echo $round >> /cache/rounds; cat /cache/rounds
  SAVE IMAGE rbuild-test/%nonce%:cache
mount:
  ARG round
  RUN --mount=type=cache,id=mount-%nonce%,target=/cache echo $round >> /cache/rounds; cat /cache/rounds
",
    );
    for target in ["+t", "+mount"] {
        project.rbuild([target, "--round=one"]).success();
        let outcome = project.rbuild([target, "--round=two"]).success();
        assert_eq!(outcome.printed_by(target), ["one", "two"], "{outcome}");
    }
    assert!(engine.read(&project.fill("rbuild-test/%nonce%:cache"), "/cache/rounds").is_none());
}

fn a_new_cache_has_its_mode(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "FROM busybox\nt:\n  CACHE --id open-%nonce% --chmod 0777 /open\n  CACHE --id own-%nonce% --chmod 0700 /own\n  RUN stat -c '%n %a' /open /own\n",
    );
    let outcome = project.rbuild(["+t"]).success();
    assert_eq!(outcome.printed_by("+t"), ["/open 777", "/own 700"], "{outcome}");
}

fn the_exec_form_uses_no_shell(engine: Engine) {
    let project = Project::on(engine).buildfile("FROM busybox\nt:\n  RUN [\"echo\", \"$HOME  %nonce%\", \"*\"]\n");
    let outcome = project.rbuild(["+t"]).success();
    assert_eq!(outcome.printed_by("+t"), [project.fill("$HOME  %nonce% *")], "{outcome}");
}

fn the_entry_point_stands_in_front(engine: Engine) {
    let project = Project::on(engine).buildfile(
        r#"
FROM busybox
ENTRYPOINT ["echo", "of  the entry point:"]
CMD ["c  m", "d"]
t:
  RUN --entrypoint %nonce% "a  b" $HOME
  RUN --entrypoint ["$HOME", "a  b"]
  RUN --entrypoint
"#,
    );
    let outcome = project.rbuild(["+t"]).success();
    let expected = [project.fill("%nonce% a  b /root"), "$HOME a  b".to_owned(), "c  m d".to_owned()]
        .map(|rest| format!("of  the entry point: {rest}"));
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
}

fn mounts_belong_to_their_step(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM busybox
WORKDIR /w
t:
  ARG spec=type=cache,target=cached,id=mounts-%nonce%,mode=0700,sharing=private
  RUN --mount=$spec --mount=type=tmpfs,target=/memory stat -c '%n %a' cached; touch cached/x /memory/y; grep -c 'tmpfs /memory ' /proc/mounts
  RUN --mount=$spec,ro ls cached; touch cached/z 2>/dev/null || echo read-only
  RUN ls cached/x /memory/y 2>/dev/null || echo gone
",
    );
    let outcome = project.rbuild(["+t"]).success();
    let expected = ["cached 700", "1", "x", "read-only", "gone"];
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
}

#[test]
fn with_no_cache_everything_runs_again() {
    let project =
        Project::new().file("a", "%nonce%").buildfile("FROM busybox\nt:\n  COPY a /\n  RUN echo one\n  RUN echo two\n");
    project.rbuild(["+t"]).success();
    for _ in 0..2 {
        let outcome = project.rbuild(["--no-cache", "+t"]).success();
        assert_eq!(outcome.printed_by("+t"), ["one", "two"], "{outcome}");
    }
    project.rbuild(["--progress=json", "+t"]).success().all_cached();
}

#[test]
fn arguments_reach_their_target_and_an_equal_target_runs_once() {
    let project = Project::new().buildfile(
        "
FROM busybox
all:
  BUILD +t --who=me
  BUILD +t --who=me
  BUILD +t --who='two words'
t:
  ARG who=nobody
  ARG --required from
  RUN echo \"hello $who from $from %nonce%\"
",
    );
    let outcome = project.rbuild(["+all", "--from=here"]).success();
    for who in ["me", "two words"] {
        let printed = outcome.printed_by(&format!("+t --who={who}"));
        assert_eq!(printed, [project.fill(&format!("hello {who} from here %nonce%"))], "{outcome}");
    }
    project.rbuild(["+t"]).code(3).stderr_contains("from").stderr_contains("--from");
}

#[test]
fn a_step_sees_no_terminal_and_an_empty_input() {
    let project = Project::new().buildfile("FROM busybox\nt:\n  RUN cat; [ -t 0 ] || echo no terminal %nonce%\n");
    project.rbuild(["+t"]).success().stderr_contains("| no terminal");
}
