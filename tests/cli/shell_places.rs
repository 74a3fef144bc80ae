//! Shells where other things than a `RUN` failed: in a Dockerfile, in `WITH DOCKER`, on this machine.

use super::engine::Engine;
use super::on_each_engine;
use super::project::Project;
use super::signals::until_there;
use super::stopping::{processes, until_none};
use rustix::process::Signal;

on_each_engine!(a_shell_opens_where_a_dockerfile_failed, a_shell_opens_beside_the_daemon,);

fn a_shell_opens_where_a_dockerfile_failed(engine: Engine) {
    let project = Project::on(engine)
        .file(
            "Dockerfile",
            "\
FROM busybox:latest AS tools
RUN echo of-tools >/tool
FROM busybox:latest
ENV COLOUR=blue
WORKDIR /w
RUN --mount=type=bind,from=tools,source=/tool,target=/tool --mount=type=tmpfs,target=/scratch \\
    cp /tool copied; touch /scratch/x; : %nonce%; exit 7
",
        )
        .buildfile("VERSION 1.0\nt:\n    FROM DOCKERFILE .\n");
    let mut terminal = project.at_terminal(["-i", "+t"]);
    terminal.sees("it is run once more, to keep its state");
    terminal.sees("exit code 7 again");
    terminal.sees("failed +t");
    terminal.types("stty -echo; PS1=; echo be''gun\n");
    terminal.sees("begun");
    terminal.types("pwd; cat copied /tool; echo $COLOUR; ls -A /scratch; rm copied; rbuild-again; echo code $?; cat copied; echo do''ne\n");
    let seen = terminal.sees("done").replace('\r', "");
    assert!(seen.contains("/w\nof-tools\nof-tools\nblue\ncode 7\nof-tools\n"), "{seen}");
    terminal.types("exit 3\n");
    let ended = terminal.finish();
    assert_eq!((ended.code, ended.restored), (Some(1), true), "{}", ended.shown);
}

fn a_shell_opens_beside_the_daemon(engine: Engine) {
    let project = Project::on(engine).env("TOKEN", "s3cret").buildfile(
        "\
VERSION 1.0
FROM dind:latest
WORKDIR /w
app:
  FROM busybox:latest
  RUN echo %nonce% >/made
t:
  WITH DOCKER --load app:1=+app --cache-id %nonce%
    RUN --secret TOKEN docker run -d --name left app:1 sleep 1000 >/dev/null; echo partly >file; test -e mended || exit 7
  END
",
    );
    let mut terminal = project.at_terminal(["-P", "-i", "--secret", "TOKEN", "+t"]);
    terminal.sees("it is run once more, for a shell beside its daemon");
    terminal.sees("it ended with exit code 7 again");
    terminal.types("stty -echo; PS1=; echo be''gun\n");
    terminal.sees("begun");
    terminal.types(
        "pwd; cat file; echo $TOKEN; docker exec left cat /made; docker rm -f left; touch mended; echo do''ne\n",
    );
    let seen = terminal.sees("done").replace('\r', "");
    assert!(seen.contains(&project.fill("/w\npartly\ns3cret\n%nonce%\nleft\n")), "{seen}");
    terminal.types("rbuild-again; echo code $?\n");
    terminal.sees("code 0");
    terminal.types("exit 3\n");
    let ended = terminal.finish();
    assert_eq!((ended.code, ended.restored), (Some(1), true), "{}", ended.shown);
    assert_eq!(engine.containers(project.nonce()), [""; 0]);
    // It was no result, and the data root is free.
    project.rbuild(["-P", "--secret", "TOKEN", "--lock-timeout=5s", "+t"]).code(1).stderr_contains("exit code 7");
    engine.remove_volumes(project.nonce());
}

fn here() -> Project {
    Project::new().env("SHELL", "/bin/sh").env("DOCKER_HOST", "unix:///nowhere").buildfile(
        "\
VERSION 1.0
LOCALLY
WORKDIR below
ENV COLOUR=blue
ok:
    RUN echo made >file
fails:
    RUN echo partly >file; exit 7
asks:
    LET value=$(echo asked >file; exit 5)
",
    )
}

#[test]
fn a_shell_opens_on_this_machine() {
    let project = here();
    for (words, file, code) in [
        (["shell", "+ok"], "made", 4),
        (["shell", "+fails"], "partly", 1),
        (["-i", "+fails"], "partly", 1),
        (["-i", "+asks"], "asked", 1),
    ] {
        let mut terminal = project.at_terminal(words);
        terminal.sees(if code == 1 { "failed +" } else { "built +" });
        terminal.types("stty -echo; PS1=; echo be''gun\n");
        terminal.sees("begun");
        terminal.types("basename \"$PWD\"; cat file; echo $COLOUR; echo do''ne\n");
        let seen = terminal.sees("done").replace('\r', "");
        assert!(seen.contains(&format!("below\n{file}\nblue\n")), "{seen}");
        terminal.types("stty echo; exit 4\n");
        let ended = terminal.finish();
        assert_eq!((ended.code, ended.restored), (Some(code), true), "{}", ended.shown);
        assert_eq!(ended.shown.matches("this shell is in its directory").count(), usize::from(code == 1));
    }
    let ended = project.rbuild(["shell", "+ok", "--", "sh", "-c", "cat file; echo $COLOUR; exit 9"]);
    assert_eq!(ended.code(9).stdout, "made\nblue\n");
    assert_eq!(project.rbuild_with_input(["shell", "+ok"], "cat file; exit 3\n").code(3).stdout, "made\n");
    project.rbuild(["shell", "+ok", "--", "no-such-program"]).code(4).stderr_contains("cannot start `no-such-program`");
}

#[test]
fn a_stopped_shell_of_this_machine_leaves_nothing() {
    for (signal, code) in [(Signal::TERM, Some(143)), (Signal::HUP, Some(129))] {
        let project = here();
        let mut terminal = project.at_terminal(["shell", "+ok"]);
        terminal.sees("built +ok");
        terminal.types(&project.fill("exec sh -c 'trap \"\" TERM HUP; echo star''ted; sleep 1000; : %nonce%'\n"));
        terminal.sees("started");
        terminal.signal(signal);
        assert_eq!(terminal.finish().code, code);
        until_none("processes", || processes(project.nonce()));
    }
}

#[test]
fn an_interrupt_is_for_the_command_that_somebody_works_with() {
    let project = here();
    let script = "trap ': >told' INT; echo begun >&2; until [ -e go ]; do sleep 0.05; done; exit 7";
    let mut running = project.start(["shell", "+ok", "--", "sh", "-c", script]);
    running.wait_for("begun");
    // As a terminal sends it: to all in the foreground.
    running.signal_all(Signal::INT);
    until_there(&project, "below/told");
    project.write("below/go", "");
    running.finish().code(7);
}

#[test]
fn the_second_signal_kills_who_does_not_leave() {
    let project = here();
    let script = "trap ': >told' HUP; trap '' TERM; echo begun >&2; while :; do sleep 0.05; done; : %nonce%";
    let mut running = project.start(["shell", "+ok", "--", "sh", "-c", script]);
    running.wait_for("begun");
    running.signal(Signal::TERM);
    until_there(&project, "below/told");
    running.signal(Signal::TERM);
    running.finish().code(143);
    until_none("processes", || processes(project.nonce()));
}
