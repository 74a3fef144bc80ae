//! Conditions, loops, `$(…)`, WAIT and TRY, where an engine has to answer.

use super::engine::Engine;
use super::on_each_engine;
use super::project::Project;

on_each_engine!(
    files_of_the_image_decide,
    what_commands_print_becomes_values,
    what_a_wait_holds_is_done_before_what_follows,
    a_failed_try_saves_its_files_and_fails,
);

fn files_of_the_image_decide(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM busybox
t:
  USER nobody
  RUN echo %nonce% > /tmp/there
  IF [ -f /tmp/there ]
    RUN echo file is there
  ELSE
    RUN echo no file
  END
  IF exit 1
    RUN echo exit counts as true
  ELSE IF grep -q zzz /tmp/there || touch /tmp/trace
    RUN echo second; test ! -e /tmp/trace && echo clean; ls -a /dev | grep rbuild-answer || echo no trace
  END
",
    );
    let outcome = project.rbuild(["+t"]).success();
    assert_eq!(outcome.printed_by("+t"), ["file is there", "second", "clean", "no trace"], "{outcome}");
    project.rbuild(["--progress=json", "+t"]).success().all_cached();
}

fn what_commands_print_becomes_values(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM busybox
t:
  WORKDIR /w
  RUN touch one two && printf '%s\\n' %nonce% > version
  FOR file IN $(ls)
    RUN echo file $file
  END
  ARG version=$(cat version)
  LET lines = \"$(cat version | wc -l | tr -d ' ')\"
  RUN echo \"$version $lines\"; echo home is \"$HOME\"
  ENV WHERE=$HOME/x
  RUN echo \"$WHERE\"
  SAVE IMAGE rbuild-test/%nonce%:$lines
bad:
  ARG version=$(echo why %nonce%; exit 7)
  RUN echo never
",
    );
    let outcome = project.rbuild(["+t"]).success().stderr_contains("rbuild-test/").stderr_contains(":1 stored");
    let version = project.fill("%nonce% 1");
    let expected = ["file one", "file two", "file version", &version, "home is /root", "/root/x"];
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
    project.rbuild(["+bad"]).code(1).stderr_contains("exit code 7").stderr_lacks("| never");
}

fn what_a_wait_holds_is_done_before_what_follows(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM busybox
t:
  WAIT
    BUILD +image
    RUN echo %nonce% > /x
    SAVE ARTIFACT /x AS LOCAL out/x
  END
  RUN echo after; exit 1
image:
  RUN echo image %nonce%
  SAVE IMAGE rbuild-test/%nonce%:wait
",
    );
    // What was waited for stays, although the build fails later.
    let outcome = project.rbuild(["+t"]).code(1).stderr_contains(":wait stored");
    assert_eq!(project.read("out/x").as_deref(), Some("%nonce%\n"), "{outcome}");
    let at = |text: &str| outcome.stderr.find(text).unwrap_or_else(|| panic!("does not say `{text}`:\n{outcome}"));
    assert!(at("stored") < at("| after") && at("saved") < at("| after"), "{outcome}");
    assert_eq!(outcome.stderr.matches("saved ").count(), 1, "{outcome}");
}

fn a_failed_try_saves_its_files_and_fails(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM busybox
t:
  ARG code
  TRY
    RUN echo testing; mkdir /logs; echo report %nonce% > /logs/report; touch /logs/b; exit $code
  CATCH
    RUN echo caught; cat /logs/report
  FINALLY
    SAVE ARTIFACT /logs/r* AS LOCAL out/
    SAVE ARTIFACT /logs AS LOCAL all
    SAVE ARTIFACT /logs/none AS LOCAL out/none
  END
  RUN echo never
good:
  TRY
    RUN echo fine %nonce% > /report
  FINALLY
    SAVE ARTIFACT /report AS LOCAL good/report
  END
  RUN echo goes on
",
    );
    for _ in 0..2 {
        // The second time, too: a failure is not replayed.
        let outcome = project.rbuild(["+t", "--code=3"]).code(1).stderr_contains("exit code 3").stderr_lacks("| never");
        let printed = outcome.printed_by("+t");
        assert_eq!(printed.iter().filter(|line| **line == "testing").count(), 1, "{outcome}");
        assert!(printed.contains(&"caught"), "{outcome}");
        assert_eq!(project.read("out/report").as_deref(), Some("report %nonce%\n"), "{outcome}");
        assert_eq!(project.list("all"), ["b", "report"], "{outcome}");
        assert_eq!(project.list("out"), ["report"], "{outcome}");
    }
    project.rbuild(["+good"]).success().stderr_contains("| goes on");
    assert_eq!(project.read("good/report").as_deref(), Some("fine %nonce%\n"));
}

#[test]
fn what_does_not_need_a_failed_answer_is_run() {
    let project = Project::new().buildfile(
        "FROM busybox\nall:\n  BUILD +asks\n  BUILD +works\nasks:\n  ARG x=$(echo %nonce% >&2; exit 3)\n  RUN echo never $x\n\
         works:\n  RUN echo works %nonce%\n  RUN touch /a\n  SAVE ARTIFACT /a AS LOCAL out/a\n",
    );
    project
        .rbuild(["-k", "+all"])
        .code(1)
        .stderr_contains("| works")
        .stderr_contains("exit code 3")
        .stderr_lacks("| never");
    assert_eq!(project.list("."), ["Buildfile"]);
}

#[test]
fn a_plan_can_be_decided() {
    let project = Project::new().buildfile(
        "FROM busybox\nt:\n  IF test -x /bin/sh\n    RUN echo yes %nonce%\n  ELSE\n    RUN echo no\n  END\n",
    );
    let open = project.rbuild(["plan", "+t"]).success();
    assert!(open.stdout.contains("RUN echo yes") && open.stdout.contains("RUN echo no"), "{open}");
    let decided = project.rbuild(["plan", "--evaluate", "+t"]).success();
    assert!(decided.stdout.contains("RUN echo yes") && !decided.stdout.contains("RUN echo no"), "{decided}");
    assert!(!decided.stderr.contains("| yes"), "only the condition runs:\n{decided}");
}
