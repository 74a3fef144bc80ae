use super::check::{fails, faults, is, unit};

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn commands_need_an_image_to_start_from() {
    let missing = |at: &str, keyword: &str| {
        format!(
            "{at} needs-from: `{keyword}` needs an image to start from; write `FROM`, `FROM DOCKERFILE` or `LOCALLY` in front of it, for example `FROM alpine:3.22`"
        )
    };
    assert_eq!(faults("VERSION 0.8\nt:\n    RUN a\n    RUN b\n"), [missing("3:5", "RUN")]);
    assert_eq!(faults("VERSION 0.8\nENV A=b\nFROM alpine\nt:\n    RUN a\n"), [missing("2:1", "ENV")]);
    assert_eq!(faults("VERSION 0.8\nFROM alpine\nt:\n    RUN a\n"), none());
    assert_eq!(faults("VERSION 0.8\nt:\n    ARG x\n    BUILD +u\n    FROM alpine\n    RUN a\nu:\n"), none());
    assert_eq!(faults("VERSION 0.8\nt:\n    LET x = 1\n    SET x = 2\n    BUILD +u\nu:\n"), none());
    assert_eq!(faults("VERSION 0.8\nF:\n    FUNCTION\n    RUN a\n"), none());
}

#[test]
fn only_pushes_follow_a_push_in_0_6() {
    let text = |last: &str| format!("VERSION 0.6\nFROM alpine\nt:\n    RUN --push a\n    {last}\n");
    assert_eq!(faults(&text("RUN --push b")), none());
    assert_eq!(faults(&text("SAVE IMAGE --push b")), none());
    assert_eq!(
        faults(&text("RUN b")),
        ["5:5 push-last: only pushes may follow a `RUN --push` in this version of the language [4:5 the push]; \
          move it in front of the push, or move to `VERSION 0.7`"]
    );
    assert_eq!(faults(&text("RUN b").replace("0.6", "0.7")), none());
}

#[test]
fn what_cannot_be_built_yet_is_said() {
    fails(
        "RUN --mount=type=cache,target=/x,uid=1000 a",
        "4:17 not-supported-yet: this version of rbuild does not support `uid` of a mount yet",
    );
    fails(
        "ONBUILD RUN x",
        "4:5 onbuild: `ONBUILD` is not part of the language; put the commands into a function, and call it with `DO`",
    );
    fails(
        "FUNCTION",
        "4:5 misplaced-command: `FUNCTION` cannot stand here; \
         it is the first command of a function, whose name begins with an upper-case letter",
    );
}

#[test]
fn faults_inside_blocks_are_found_too() {
    let text = "\
VERSION 0.8
FROM alpine
t:
    IF true
        RUN --psuh a
    ELSE IF false
        BUILD +nope
    ELSE
        WAIT
            COPY a
        END
    END
    FOR x IN a b
        SET y = 1
    END
    WITH DOCKER
        RUN a
    END
    TRY
        RUN b
    FINALLY
        SAVE ARTIFACT c AS LOCAL
    END
";
    assert_eq!(faults(text), [
        "5:13 unknown-flag: `RUN` has no flag `--psuh`; did you mean `--push`?".to_owned(),
        "7:15 unknown-target: there is no target `+nope` in this file; its targets are `+t`".to_owned(),
        "10:13 missing-argument: `COPY` needs a source and a destination; write `COPY source… destination`".to_owned(),
        "14:13 set-undeclared: `y` is not declared in this recipe; declare it first: `LET y = value`".to_owned(),
        "19:5 feature-off: `TRY` needs `VERSION 1.0` or later; write `VERSION 1.0`, or turn it on with `VERSION --try 0.8`".to_owned(),
        "22:25 missing-argument: no path follows `AS LOCAL`; write `SAVE ARTIFACT source [destination] [AS LOCAL path]`".to_owned(),
    ]);
}

#[test]
fn functions_begin_with_their_keyword() {
    assert_eq!(faults("VERSION 0.8\nF:\n    FUNCTION\n    ARG x\n"), none());
    assert_eq!(faults("VERSION 0.7\nF:\n    COMMAND\n    ARG x\n"), none());
    assert_eq!(faults("VERSION --use-function-keyword 0.7\nF:\n    FUNCTION\n"), none());
    assert_eq!(
        faults("VERSION 0.8\nF:\n    COMMAND\n"),
        [
            "3:5 function-head: functions begin with `FUNCTION` in this version of the language, not with `COMMAND`; write `FUNCTION`"
        ]
    );
    assert_eq!(
        faults("VERSION 0.8\nBUILD_ALL:\n    RUN x\n"),
        ["2:1 function-head: the function `BUILD_ALL` does not begin with `FUNCTION`; \
          write `FUNCTION` as its first command; if it is a target, call it `build-all`"]
    );
    assert_eq!(
        faults("VERSION 0.8\nF:\n    FUNCTION x\n"),
        [
            "3:14 extra-argument: `FUNCTION` takes no arguments; unexpected `x`; declare the function's arguments with `ARG`"
        ]
    );
    let (unit, _, _) = unit("VERSION 0.8\n# Does it.\nF:\n    FUNCTION\n    RUN x\n");
    assert_eq!(unit.functions["F"].recipe.len(), 1);
}

#[test]
fn commands_of_this_machine_need_no_image() {
    assert_eq!(faults("VERSION 0.8\nt:\n    LOCALLY\n    RUN a\n    SAVE ARTIFACT b\n"), none());
    is("LOCALLY", "locally");
    fails(
        "LOCALLY make",
        "4:13 extra-argument: `LOCALLY` takes no arguments; unexpected `make`; write the command behind it, as a `RUN`",
    );
}
