//! LOCALLY: commands on this machine.

use super::engine::Engine;
use super::on_each_engine;
use super::project::Project;
use super::stopping::{processes, until_none};
use rustix::process::Signal;
use std::fs;

on_each_engine!(
    what_a_command_makes_is_copied_elsewhere,
    artifacts_are_copied_to_this_machine,
    contexts_are_read_after_the_commands_in_front_of_a_build,
    commands_here_make_no_finished_step_run_again,
    an_export_gets_the_slot_that_it_needs,
    artifacts_hold_what_there_was_when_they_were_saved,
    what_begins_behind_locally_waits_for_its_commands,
    a_failure_may_be_caught_on_this_machine,
    contexts_are_read_after_what_a_wait_has_written,
);

fn what_a_command_makes_is_copied_elsewhere(engine: Engine) {
    let project = Project::on(engine).file("ignored/.keep", "").file(".earthlyignore", "made\n").buildfile(
        "
make:
  LOCALLY
  ARG word
  RUN mkdir -p made && echo $word %nonce% > made/words && ln -sf made link
  RUN echo more >> made/words
  SAVE ARTIFACT made/words
  SAVE ARTIFACT link/wor* found/
  SAVE ARTIFACT made
  SAVE ARTIFACT --if-exists nowhere/at/all
use:
  FROM busybox
  COPY +make/ /got/
  RUN cat /got/words /got/found/words /got/made/words
",
    );
    for word in ["first", "second"] {
        let outcome = project.rbuild(["+use", &format!("--word={word}")]).success();
        let line = project.fill(&format!("{word} %nonce%"));
        assert_eq!(outcome.printed_by("+use"), [&line, "more"].repeat(3), "{outcome}");
    }
}

fn artifacts_are_copied_to_this_machine(engine: Engine) {
    let project = Project::on(engine).file("there/kept", "kept").buildfile(
        "
FROM busybox
app:
  RUN mkdir -p /d/sub && echo one %nonce% > /d/one && echo two > /d/sub/two && chmod 0750 /d/one
  SAVE ARTIFACT /d/one
  SAVE ARTIFACT /d
get:
  LOCALLY
  COPY +app/one named
  COPY +app/one there
  COPY +app/d there
  COPY --dir +app/d new/
  COPY --if-exists +app/none ./
  RUN cat named && ls there
",
    );
    let outcome = project.rbuild(["+get"]).success();
    let line = project.fill("one %nonce%");
    assert_eq!(outcome.printed_by("+get"), [line.as_str(), "kept", "one", "sub"], "{outcome}");
    for path in ["named", "there/one", "new/d/one"] {
        assert_eq!(project.read(path).as_deref(), Some("one %nonce%\n"), "{path}");
    }
    assert_eq!(project.read("there/sub/two").as_deref(), Some("two\n"));
    assert_eq!(project.list("."), ["Buildfile", "named", "new", "there"]);
}

fn contexts_are_read_after_the_commands_in_front_of_a_build(engine: Engine) {
    let project = Project::on(engine).file("made", "old %nonce%\n").buildfile(
        "
FROM busybox
before:
  COPY made /
  RUN cat /made
all:
  LOCALLY
  WAIT
    BUILD +before
  END
  RUN echo new %nonce% > made
  BUILD +after
after:
  COPY made /
  RUN : again; cat /made
",
    );
    let outcome = project.rbuild(["+all"]).success();
    assert_eq!(outcome.printed_by("+before"), [project.fill("old %nonce%")], "{outcome}");
    assert_eq!(outcome.printed_by("+after"), [project.fill("new %nonce%")], "{outcome}");
}

fn commands_here_make_no_finished_step_run_again(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM busybox
all:
  LOCALLY
  RUN date > made-first
  COPY +build/a ./
  RUN date > made-between
  COPY +build/b ./
  WAIT
    BUILD +image
  END
  RUN date > made-last
build:
  COPY . .
  RUN : %nonce%; head -c 16 /dev/urandom | od -An -tx1 > a; cp a b
  SAVE ARTIFACT a
  SAVE ARTIFACT b
image:
  FROM +build
  SAVE ARTIFACT a AS LOCAL c
",
    );
    let outcome = project.rbuild(["--progress=json", "+all"]).success();
    let random = outcome.steps("done").into_iter().filter(|name| name.contains("urandom")).count();
    assert_eq!(random, 1, "{outcome}");
    let read = |path: &str| project.read(path).expect("was written");
    assert_eq!((read("a"), read("a")), (read("b"), read("c")), "they come from one run");
}

fn an_export_gets_the_slot_that_it_needs(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM busybox
all:
  BUILD +change
  BUILD +take
change:
  LOCALLY
  RUN sleep 2; date > newfile
take:
  LOCALLY
  COPY +build/a ./out/
build:
  COPY . .
  RUN : %nonce%; date > a
  SAVE ARTIFACT a
",
    );
    for _ in 0..2 {
        project.rbuild(["-j", "1", "+all"]).success();
        assert_eq!(project.list("out"), ["a"]);
    }
}

fn artifacts_hold_what_there_was_when_they_were_saved(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
make:
  LOCALLY
  RUN echo 1 > v
  SAVE ARTIFACT v one
  RUN echo 2 > v
  SAVE ARTIFACT v two
  RUN rm v
use:
  FROM busybox
  COPY +make/ /got/
  RUN : %nonce%; cat /got/one /got/two
",
    );
    let outcome = project.rbuild(["+use"]).success();
    assert_eq!(outcome.printed_by("+use"), ["1", "2"], "{outcome}");
}

fn what_begins_behind_locally_waits_for_its_commands(engine: Engine) {
    let project = Project::on(engine).file("made", "old %nonce%\n").buildfile(
        "
before:
  FROM busybox
  COPY made /
  RUN cat /made
image:
  LOCALLY
  WAIT
    BUILD +before
  END
  RUN echo new %nonce% > made
  FROM busybox
  COPY made /
  RUN : again; cat /made
file:
  LOCALLY
  RUN printf 'FROM busybox\\nCOPY made /\\n' > Dockerfile
  FROM DOCKERFILE .
  RUN : %nonce%; cat /made
",
    );
    let outcome = project.rbuild(["+image"]).success();
    assert_eq!(outcome.printed_by("+before"), [project.fill("old %nonce%")], "{outcome}");
    assert_eq!(outcome.printed_by("+image"), [project.fill("new %nonce%")], "{outcome}");
    let outcome = project.rbuild(["+file"]).success();
    assert_eq!(outcome.printed_by("+file"), [project.fill("new %nonce%")], "{outcome}");
}

fn a_failure_may_be_caught_on_this_machine(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
VERSION 1.0
FROM busybox
here:
  TRY
    RUN echo %nonce% > /r; exit 5
  CATCH
    LOCALLY
    RUN touch caught
  FINALLY
    SAVE ARTIFACT /r AS LOCAL saved
  END
elsewhere:
  TRY
    RUN echo %nonce% > /r; exit 6
  CATCH
    FROM busybox:latest
    RUN echo caught elsewhere %nonce%
  FINALLY
    SAVE ARTIFACT /r AS LOCAL saved-too
  END
",
    );
    project.rbuild(["+here"]).code(1).stderr_contains("exit code 5").stderr_lacks("not supported");
    assert_eq!(project.list("."), ["Buildfile", "caught", "saved"]);
    assert_eq!(project.read("saved").as_deref(), Some("%nonce%\n"));
    let outcome = project.rbuild(["+elsewhere"]).code(1).stderr_contains("exit code 6");
    assert!(outcome.printed_by("+elsewhere").contains(&&*project.fill("caught elsewhere %nonce%")), "{outcome}");
    assert_eq!(project.read("saved-too").as_deref(), Some("%nonce%\n"));
    let shown = project.rbuild(["plan", "+here"]).success();
    assert!(shown.stdout.contains("RUN touch caught"), "{shown}");
}

fn contexts_are_read_after_what_a_wait_has_written(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM busybox
all:
  WAIT
    BUILD +lint
  END
  WAIT
    BUILD +gen
  END
  BUILD +use
lint:
  COPY . /s
  RUN : %nonce%; ls /s
gen:
  RUN echo %nonce% > g
  SAVE ARTIFACT g AS LOCAL gen/g
use:
  COPY . /s
  RUN : again %nonce%; cat /s/gen/g
",
    );
    let outcome = project.rbuild(["+all"]).success();
    assert_eq!(outcome.printed_by("+lint"), ["Buildfile"], "{outcome}");
    assert_eq!(outcome.printed_by("+use"), [project.fill("%nonce%")], "{outcome}");
}

/// A project whose builds have no engine to talk to.
fn alone() -> Project {
    Project::new().env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
}

#[test]
fn a_build_on_this_machine_alone_needs_no_engine() {
    let project = alone().file("a", "").file("b", "").env("FROM_OUTSIDE", "outside").buildfile(
        "
t:
  LOCALLY
  ARG greeting=$(cat word 2>/dev/null || echo hello)
  LET twice=\"$greeting $greeting\"
  ENV THIRD=third
  RUN echo $twice $THIRD $FROM_OUTSIDE; pwd > where
  IF [ \"$FROM_OUTSIDE\" = outside ]
    RUN echo told
  ELSE IF true
    RUN echo not told
  END
  FOR file IN $(ls | grep '^.$')
    RUN echo file $file
  END
  RUN [\"printf\", \"%s|%s\\n\", \"$THIRD\", \"a b\"]
  DO +OTHER
  BUILD +u
u:
  LOCALLY
  WORKDIR dir
  RUN ls
  WORKDIR new/deep
  RUN pwd | grep -o new.*
OTHER:
  FUNCTION
  RUN mkdir dir && touch dir/inner
",
    );
    let outcome = project.rbuild(["-j", "1", "+t"]).success();
    let printed = ["hello hello third outside", "told", "file a", "file b", "$THIRD|a b"];
    assert_eq!(outcome.printed_by("+t"), printed, "{outcome}");
    assert_eq!(outcome.printed_by("+u"), ["inner", "new/deep"], "{outcome}");
    let here = project.path("").canonicalize().expect("is there").display().to_string();
    assert_eq!(fs::read_to_string(project.path("where")).expect("is there").trim_end(), here);
    let shown = project.rbuild(["plan", "+u"]).success();
    assert!(shown.stdout.contains("+u | RUN ls"), "{shown}");
}

#[test]
fn a_base_recipe_whose_image_nothing_needs_needs_no_engine() {
    let bases = [
        "FROM busybox",
        "FROM scratch",
        "FROM busybox\nWORKDIR /app",
        "FROM busybox\nWORKDIR app\nWORKDIR ./deeper",
        "FROM busybox\nUSER 1000:1000\nWORKDIR /app",
        "FROM busybox\nENV PATH=$PATH:/opt/bin\nLABEL path=$PATH",
        "FROM --platform=linux/arm64 busybox\nWORKDIR /app\nCOPY . .\nRUN exit 1",
        "FROM busybox\nARG --global SOME=some\nRUN --entrypoint -- $SOME\nENTRYPOINT [\"x\"]\nCMD y\nSAVE ARTIFACT made",
        "FROM busybox\nWORKDIR /app\nRUN --mount=type=cache,target=/x --secret S true",
        "FROM busybox\nARG x\nEXPOSE 80\nVOLUME /v\nHEALTHCHECK NONE\nIF [ \"$x\" = y ]\n  WORKDIR /y\nEND\nFOR d IN a b\n  WORKDIR $d\nEND",
        "FROM DOCKERFILE .\nWORKDIR sub",
    ];
    for version in ["0.6", "0.8", "1.0"] {
        for base in bases {
            let old = if version == "0.6" { base.replace("ARG --global", "ARG") } else { base.to_owned() };
            let project = alone().file("Dockerfile", "FROM busybox\n").file(
                if version == "1.0" { "Buildfile" } else { "Earthfile" },
                &format!("VERSION {version}\n{old}\nl:\n  LOCALLY\n  RUN echo $((40 + 2))\n"),
            );
            let outcome = project.rbuild(["+l"]);
            assert_eq!(outcome.printed_by("+l"), ["42"], "{version} {base}: {outcome}");
        }
    }
}

#[test]
fn a_base_recipe_that_is_needed_needs_an_engine() {
    for (base, command) in [
        ("FROM busybox\nARG --global ALL=$PATH", "RUN echo $ALL"),
        ("FROM busybox\nARG --global ALL=$PATH", "IF [ \"$ALL\" = x ]\n    RUN true\n  END"),
        ("FROM busybox\nARG --global ALL=$(echo x)", "RUN true"),
        ("FROM busybox\nWORKDIR /app\nBUILD +other", "RUN true"),
    ] {
        let project = alone().buildfile(&format!(
            "{base}\nl:\n  LOCALLY\n  RUN touch made\n  {command}\nother:\n  FROM scratch\n  COPY Buildfile /\n"
        ));
        project.rbuild(["+l"]).code(4).stderr_contains("no Docker engine answers");
        assert_eq!(project.list("."), ["Buildfile"], "{base}");
    }
}

/// It may be another one than that of this machine.
#[test]
fn a_fault_that_hangs_on_the_platform_of_the_engine_needs_one() {
    for (recipe, target) in [
        ("ARG NATIVEARCH\n  IF [ \"$NATIVEARCH\" != none ]\n    RUN --push true\n  END", ""),
        ("BUILD --platform=linux/s390x +u", "u:\n  FROM busybox\n  WITH DOCKER\n    RUN x\n  END\n"),
        ("BUILD +u", "u:\n  FROM busybox\n  ARG TARGETOS\n  RUN --network=$TARGETOS x\n"),
    ] {
        let project = alone().buildfile(&format!("l:\n  LOCALLY\n  {recipe}\n{target}"));
        project.rbuild(["-P", "+l"]).code(4).stderr_contains("no Docker engine answers");
    }
}

#[test]
fn a_plan_runs_no_command_of_this_machine_that_is_no_question() {
    let project = alone().buildfile(
        "
t:
  LOCALLY
  IF [ -f Buildfile ]
    RUN echo there
  ELSE
    RUN echo not there
  END
  RUN touch made
  IF [ -f made ]
    RUN echo made
  ELSE
    RUN echo not made
  END
",
    );
    let shown = project.rbuild(["plan", "--evaluate", "+t"]).success();
    let has = |text: &str| shown.stdout.contains(text);
    assert!(has("RUN echo there") && !has("RUN echo not there"), "{shown}");
    assert!(has("RUN echo made") && has("RUN echo not made"), "{shown}");
    assert_eq!(project.list("."), ["Buildfile"]);
}

#[test]
fn artifacts_that_nothing_takes_need_no_engine() {
    let project = alone().buildfile(
        "t:\n  LOCALLY\n  SAVE ARTIFACT Buildfile\n  RUN echo a > v\n  SAVE ARTIFACT v\n  RUN rm v\n  SAVE ARTIFACT .\n",
    );
    project.rbuild(["+t"]).success();
    assert_eq!(project.list("."), ["Buildfile"]);
}

#[test]
fn where_one_step_needs_an_engine_it_is_asked_first() {
    let project = alone().buildfile("t:\n  LOCALLY\n  RUN touch made\n  BUILD +u\nu:\n  FROM busybox\n  RUN true\n");
    project.rbuild(["+t"]).code(4).stderr_contains("no Docker engine answers");
    assert_eq!(project.list("."), ["Buildfile"]);
}

#[test]
fn failures_are_told() {
    let project = alone().file("nowhere", "").buildfile(
        "
fails:
  LOCALLY
  RUN echo before; exit 7
missing:
  LOCALLY
  RUN no-such-program-%nonce%
shell-out:
  LOCALLY
  ARG x=$(echo said >&2; exit 3)
  RUN never
place:
  LOCALLY
  WORKDIR nowhere
  RUN never
",
    );
    project.rbuild(["+fails"]).code(1).stderr_contains("| before").stderr_contains("exit code 7");
    project.rbuild(["+missing"]).code(1).stderr_contains("was not found on this machine");
    project.rbuild(["+shell-out"]).code(1).stderr_contains("| said").stderr_contains("exit code 3");
    project.rbuild(["+place"]).code(1).stderr_contains("nowhere");
    // Nobody needs an engine to be told.
    let wrong = alone().buildfile("wrong:\n  LOCALLY\n  RUN touch made\n  RUN --push true\n");
    wrong.rbuild(["+wrong"]).code(3).stderr_contains("`RUN --push` is not supported behind `LOCALLY`");
    assert_eq!(wrong.list("."), ["Buildfile"]);
    let project = alone().buildfile("fails:\n  LOCALLY\n  RUN echo before\n");
    for option in ["--strict", "--ci"] {
        project.rbuild([option, "+fails"]).code(3).stderr_contains("forbids `LOCALLY`").stderr_lacks("| before");
    }
}

#[test]
fn an_interrupted_build_ends_all_that_a_command_started() {
    let project = alone()
        .buildfile("t:\n  LOCALLY\n  RUN trap '' TERM; sh -c 'echo begun; exec sleep 300' %nonce% & wait; sleep 300\n");
    let mut running = project.start(["--progress=json", "+t"]);
    running.wait_for(r#""event":"output""#);
    running.signal(Signal::INT);
    running.finish().code(130);
    until_none("processes", || processes(project.nonce()));
}

#[test]
fn commands_of_this_machine_are_counted() {
    let targets: String = (0..6).map(|at| format!("t{at}:\n  LOCALLY\n  RUN ./one {at}\n")).collect();
    let builds: String = (0..6).map(|at| format!("  BUILD +t{at}\n")).collect();
    let project = alone()
        .file("one", "#!/bin/sh\nmkdir busy-$1; echo busy-* | wc -w; sleep 0.3; rmdir busy-$1\n")
        .buildfile(&format!("all:\n  LOCALLY\n{builds}{targets}"));
    fs::set_permissions(project.path("one"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("is ours");
    let outcome = project.rbuild(["-j", "2", "+all"]).success();
    let counts: Vec<&str> = (0..6).flat_map(|at| outcome.printed_by(&format!("+t{at}"))).collect();
    assert_eq!(counts.len(), 6, "{outcome}");
    assert!(counts.iter().all(|count| matches!(*count, "1" | "2")), "{counts:?}");
}
