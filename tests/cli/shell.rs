//! `rbuild shell`, `--interactive` and `RUN --interactive`.

use super::engine::Engine;
use super::on_each_engine;
use super::project::Project;
use super::stopping::{processes, until_none};
use rustix::process::Signal;

on_each_engine!(
    a_shell_opens_at_a_targets_end,
    commands_come_from_standard_input,
    one_command_runs_with_its_exit_code,
    a_shell_opens_where_a_step_failed,
    a_command_at_the_terminal_is_worked_with,
    what_is_done_by_hand_can_be_kept,
    a_stopped_hand_leaves_nothing,
    a_shell_whose_terminal_is_gone_leaves_nothing,
    a_killed_shell_leaves_nothing,
    an_interrupted_shell_leaves_nothing,
);

fn project(engine: Engine) -> Project {
    Project::on(engine).env("TOKEN", "s3cret").buildfile(
        "\
VERSION 1.0
FROM busybox:latest
WORKDIR /w
RUN : %nonce%
ok:
    ENV COLOUR=blue
    ARG size=7
    CACHE --sharing=shared /cache
    RUN --secret TOKEN echo made >file; echo kept >/cache/file
fails:
    RUN echo first >one
    RUN --secret TOKEN echo second >two; echo \"says $TOKEN\" | wc -c; exit 7
asks:
    LET value=$(echo partly >left; exit 5)
hand:
    RUN echo before >file
    RUN --interactive echo ready-%nonce%; read answer; echo \"got $answer\"; echo lost >file; read end; exit $answer
    SAVE ARTIFACT file AS LOCAL file
kept:
    RUN mkdir -p /home/me/d; chown daemon /home/me/d; echo under >/hidden; : %nonce% kept
    USER daemon
    WORKDIR /home/me
    ENV COLOUR=green
    CACHE --sharing=shared /cache
    RUN --interactive-keep --secret TOKEN --mount=type=secret,id=TOKEN,target=/deep/er/token,mode=0444 --mount=type=secret,id=TOKEN,target=/hidden,mode=0444 sh
    SAVE ARTIFACT /home/me/d/file AS LOCAL file
    SAVE IMAGE kept-%nonce%:latest
bare:
    RUN rm /bin/sh
",
    )
}

fn a_shell_opens_at_a_targets_end(engine: Engine) {
    let project = project(engine);
    let mut terminal = project.at_terminal(["--secret", "TOKEN", "shell", "+ok", "--size=9"]);
    terminal.sees("built +ok");
    terminal.types("stty -echo; PS1=; until stty size | grep -q '24 80'; do sleep 0.1; done; echo be''gun\n");
    terminal.sees("begun");
    terminal.types("cat file /cache/file; echo $COLOUR $TOKEN $size $TERM; pwd; echo do''ne\n");
    let seen = terminal.sees("done").replace('\r', "");
    assert!(seen.contains("made\nkept\nblue s3cret 9 xterm\n/w\n"), "{seen}");
    terminal.resize(30, 100);
    terminal.types("until stty size | grep -q '30 100'; do sleep 0.1; done; echo gro''wn\n");
    terminal.sees("grown");
    // Who says so is already the one that the terminal interrupts.
    terminal.types("sh -c \"echo wai''ting; exec sleep 1000\"\n");
    terminal.sees("waiting");
    terminal.types("\x03");
    terminal.types("echo a''gain\n");
    terminal.sees("again");
    terminal.types("exit 4\n");
    let ended = terminal.finish();
    assert_eq!((ended.code, ended.restored), (Some(4), true), "{}", ended.shown);
}

fn commands_come_from_standard_input(engine: Engine) {
    let project = project(engine);
    let ended = project.rbuild_with_input(
        ["--secret", "TOKEN", "shell", "+ok"],
        "cat file; echo $COLOUR $TOKEN; [ -t 0 ] || echo plain; echo bad >&2; exit 5\n",
    );
    let ended = ended.code(5).stderr_contains("bad\n").stderr_contains("built +ok");
    assert_eq!(ended.stdout, "made\nblue s3cret\nplain\n");
    let failed = project.rbuild_with_input(["--secret", "TOKEN", "shell", "+fails"], "echo here\n");
    assert_eq!(failed.code(1).stdout, "", "without a terminal, a failure is a failure");
}

fn one_command_runs_with_its_exit_code(engine: Engine) {
    let project = project(engine);
    let ended = project.rbuild(["--secret", "TOKEN", "shell", "+ok", "--", "cat", "file"]).success();
    assert_eq!(ended.stdout, "made\n");
    let words = ["--secret", "TOKEN", "shell", "+ok", "--", "sh", "-c", "echo \"$1\"; exit 9", "sh", "a  b"];
    assert_eq!(project.start_with(&words).finish().code(9).stdout, "a  b\n");
    let bare = project.rbuild(["shell", "+bare", "--", "/bin/busybox", "ls", "/bin/sh"]);
    bare.code(1).stderr_contains("No such file");
    project.rbuild(["shell", "+bare"]).code(1).stderr_contains("there is no `/bin/sh`");
}

fn a_shell_opens_where_a_step_failed(engine: Engine) {
    let project = project(engine);
    for arguments in [["--secret", "TOKEN", "-i", "+fails"], ["--secret", "TOKEN", "shell", "+fails"]] {
        let mut terminal = project.at_terminal(arguments);
        terminal.sees("it is run once more, to keep its state");
        terminal.sees("`rbuild-again` runs it once more");
        terminal.sees("failed +fails");
        terminal.types("stty -echo; PS1=; echo be''gun\n");
        terminal.sees("begun");
        terminal.types("cat one two; cd /; rm /w/two; rbuild-again; echo code $?; cat /w/two; echo do''ne\n");
        let seen = terminal.sees("done").replace('\r', "");
        assert!(seen.contains("first\nsecond\n12\ncode 7\nsecond\n"), "{seen}");
        terminal.types("exit 3\n");
        let ended = terminal.finish();
        assert_eq!((ended.code, ended.restored), (Some(1), true), "{}", ended.shown);
    }
    let mut terminal = project.at_terminal(["-i", "+asks"]);
    terminal.sees("`rbuild-again` runs it once more");
    terminal.sees("failed +asks");
    terminal.types("stty -echo; PS1=; cat left; rbuild-again; echo code $?\n");
    let seen = terminal.sees("code 5").replace('\r', "");
    assert!(seen.contains("partly\n"), "{seen}");
    terminal.types("exit 0\n");
    assert_eq!(terminal.finish().code, Some(1));
}

fn a_command_at_the_terminal_is_worked_with(engine: Engine) {
    let project = project(engine);
    for (answer, code, saved) in [("3", 1, None), ("0", 0, Some("before\n"))] {
        let mut terminal = project.at_terminal(["+hand"]);
        terminal.sees(&project.fill("ready-%nonce%"));
        terminal.types(&format!("{answer}\n"));
        terminal.sees(&format!("got {answer}"));
        // An old engine may lose what a process printed right before its end.
        terminal.types("\n");
        let ended = terminal.finish();
        assert_eq!((ended.code, ended.restored), (Some(code), true), "{}", ended.shown);
        assert_eq!(project.read("file").as_deref(), saved, "what is done by hand is lost");
    }
    let ended = project.rbuild(["+hand"]).code(3);
    ended.stderr_contains("`RUN --interactive` needs a terminal");
    let strict = project.at_terminal(["--strict", "+hand"]).finish();
    assert_eq!(strict.code, Some(3));
    assert!(strict.shown.contains("`--strict` forbids `RUN --interactive`"), "{}", strict.shown);
}

fn what_is_done_by_hand_can_be_kept(engine: Engine) {
    let project = project(engine);
    let image = project.fill("kept-%nonce%:latest");
    let work = |code: &str| {
        let mut terminal = project.at_terminal(["--secret", "TOKEN", "+kept"]);
        terminal.sees("$ ");
        terminal.types("stty -echo; PS1=; echo be''gun\n");
        terminal.sees("begun");
        terminal.types("id -un; pwd; echo $COLOUR $TOKEN $TERM; cat /deep/er/token /hidden; echo; echo do''ne\n");
        let seen = terminal.sees("done").replace('\r', "");
        assert!(seen.contains("daemon\n/home/me\ngreen s3cret xterm\ns3crets3cret\n"), "{seen}");
        terminal.types("until stty size | grep -q '24 80'; do sleep 0.1; done; printf '\\001\\002si''zed\\n'\n");
        terminal.sees("\x01\x02sized");
        terminal.resize(30, 100);
        terminal.types("until stty size | grep -q '30 100'; do sleep 0.1; done; echo gro''wn\n");
        terminal.sees("grown");
        assert!(!left(&project, terminal.id()).is_empty(), "there is a container");
        terminal.types(&format!("echo by hand >d/file; chmod 640 d/file; (sleep 1000; : x) & exit {code}\n"));
        let id = terminal.id();
        let ended = terminal.finish();
        assert_eq!(left(&project, id), [""; 0]);
        ended
    };
    let failed = work("3");
    assert_eq!((failed.code, failed.restored), (Some(1), true), "{}", failed.shown);
    assert_eq!(project.read("file"), None, "nothing is kept of a failure");
    let ended = work("0");
    assert_eq!((ended.code, ended.restored), (Some(0), true), "{}", ended.shown);
    assert_eq!(project.read("file").as_deref(), Some("by hand\n"));
    let read = |path: &str| engine.read(&image, path).map(|file| (file.content, file.mode));
    assert_eq!(read("/home/me/d/file"), Some(("by hand\n".to_owned(), 0o640)));
    assert_eq!(read("/hidden"), Some(("under\n".to_owned(), 0o644)), "a secret hides a file, and no more");
    for path in ["/deep", "/run/rbuild", "/dev/.rbuild"] {
        assert_eq!(read(path), None, "{path}");
    }
    let described = engine.image(&image).expect("it is stored").to_string() + &engine.history(&image);
    assert!(described.contains("COLOUR=green") && !described.contains("s3cret"), "{described}");
    engine.remove_images(project.nonce());
    project.rbuild(["+kept"]).code(3).stderr_contains("`RUN --interactive-keep` needs a terminal");
    let strict = project.at_terminal(["--ci", "+kept"]).finish();
    assert_eq!(strict.code, Some(3));
    assert!(strict.shown.contains("implies, forbids"), "{}", strict.shown);
}

fn a_stopped_hand_leaves_nothing(engine: Engine) {
    for (signal, code) in [(Signal::TERM, Some(143)), (Signal::HUP, Some(129)), (Signal::KILL, None)] {
        let project = project(engine);
        let mut terminal = project.at_terminal(["--secret", "TOKEN", "+kept"]);
        terminal.sees("$ ");
        terminal.types(&project.fill("sh -c 'trap \"\" HUP TERM; echo star''ted; sleep 1000; : %nonce% x' & wait\n"));
        terminal.sees("started");
        terminal.signal(signal);
        let (id, ended) = (terminal.id(), terminal.finish());
        assert_eq!(ended.code, code, "{}", ended.shown);
        until_none("processes", || processes(project.nonce()));
        until_none("containers", || engine.containers(&format!("-{id}-")));
        if code.is_some() {
            assert!(ended.restored, "{}", ended.shown);
            assert_eq!(left(&project, id), [""; 0]);
        }
        assert_eq!(project.read("file"), None);
    }
}

/// What there is in the engine for one process alone: images' names, and containers that run on these.
fn left(project: &Project, process: u32) -> Vec<String> {
    let part = format!("-{process}-");
    let mut all = project.engine().image_names(&part);
    all.extend(project.engine().containers(&part));
    all
}

fn in_a_shell(project: &Project) -> super::at_terminal::AtTerminal {
    let mut terminal = project.at_terminal(["--secret", "TOKEN", "shell", "+ok"]);
    terminal.sees("built +ok");
    terminal.types("stty -echo; PS1=; echo be''gun\n");
    terminal.sees("begun");
    terminal.types(
        "sh -c 'trap \"\" HUP TERM; echo star''ted; sleep 1000; : %nonce%' & wait\n"
            .replace("%nonce%", project.nonce())
            .as_str(),
    );
    terminal.sees("started");
    assert!(!processes(project.nonce()).is_empty(), "the shell's process is one of this machine");
    terminal
}

fn a_shell_whose_terminal_is_gone_leaves_nothing(engine: Engine) {
    let project = project(engine);
    let terminal = in_a_shell(&project);
    assert_eq!(terminal.hang_up(), Some(129));
    until_none("processes", || processes(project.nonce()));
    // Its caches are free at once.
    let again = ["--secret", "TOKEN", "--lock-timeout=1s", "shell", "+ok", "--", "cat", "/cache/file"];
    project.start_with(&again).finish().success();
}

fn a_killed_shell_leaves_nothing(engine: Engine) {
    let project = project(engine);
    let terminal = in_a_shell(&project);
    terminal.signal(Signal::KILL);
    assert_eq!(terminal.finish().code, None);
    until_none("processes", || processes(project.nonce()));
    // Its caches are free again.
    project.rbuild(["--secret", "TOKEN", "shell", "+ok", "--", "cat", "/cache/file"]).success();
}

fn an_interrupted_shell_leaves_nothing(engine: Engine) {
    let project = project(engine);
    let terminal = in_a_shell(&project);
    terminal.signal(Signal::TERM);
    let ended = terminal.finish();
    assert_eq!((ended.code, ended.restored), (Some(143), true), "{}", ended.shown);
    until_none("processes", || processes(project.nonce()));
}

#[test]
fn what_makes_no_sense_is_a_usage_error() {
    let project = project(super::engine::DOCKER_28);
    let clash = project.rbuild(["-i", "--ci", "+ok"]).code(2);
    clash.stderr_contains("`--interactive` cannot be used with `--ci`");
    project.rbuild(["-i", "+ok"]).code(2).stderr_contains("`--interactive` needs a terminal");
    project.rbuild(["shell", "+ok", "+fails"]).code(2).stderr_contains("a shell opens in the state of one target");
    project.rbuild(["shell", "+ok/file"]).code(2).stderr_contains("`+ok/file` is an artifact");
}
