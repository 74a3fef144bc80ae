use super::check::{fails, fails_in, faults, is, is_in};

#[test]
fn assignments() {
    is("ARG x", "arg x");
    is("ARG x=", "arg x default=[]");
    is("ARG x = a  b", "arg x default=[a  b]");
    is("ARG x=\"$Y-'z'\"", "arg x default=[‹Y›-'z']");
    is("ARG --required x", "arg x required");
    is("ARG EARTHLY_GIT_HASH", "arg EARTHLY_GIT_HASH");
    is("LET x = $y", "let x = [‹y›]");
    is("ENV A=b c", "env A = [b c]");
    is("ENV A b", "env A = [b]");
    is("ENV A", "env A = []");
    is("ENV PATH=/x:$PATH", "env PATH = [/x:‹PATH›]");
    is_in("0.6", "ARG x=a$(b)", "arg x default=[a$(b)]");
}

#[test]
fn faults_of_one_command() {
    fails(
        "ARG --required x=1",
        "4:22 required-default: the required `ARG x` cannot have a default; remove the default, or `--required`",
    );
    fails(
        "ARG TARGETARCH=amd64",
        "4:20 builtin: `TARGETARCH` is built in and cannot have a default; write `ARG TARGETARCH`",
    );
    fails(
        "ARG RBUILD_PUSH=1",
        "4:21 builtin: `RBUILD_PUSH` is built in and cannot have a default; write `ARG RBUILD_PUSH`",
    );
    fails("ARG --globl x", "4:9 unknown-flag: `ARG` has no flag `--globl`; did you mean `--global`?");
    fails(
        "ARG --global x",
        "4:5 global-arg: a global `ARG` can stand in the base recipe only; move it above the first target, or remove `--global`",
    );
    fails(
        "LET EARTHLY_CI = 1",
        "4:9 builtin: `LET` cannot override the built-in variable `EARTHLY_CI`; use another name",
    );
    fails("SET x = 1", "4:9 set-undeclared: `x` is not declared in this recipe; declare it first: `LET x = value`");
    fails_in(
        "0.7",
        "LET x = 1",
        "4:5 feature-off: `LET` needs `VERSION 0.8` or later; write `VERSION 0.8`, or turn it on with `VERSION --arg-scope-and-set 0.7`",
    );
    fails_in(
        "0.6",
        "ARG --global x",
        "4:9 feature-off: `ARG --global` needs `VERSION 0.7` or later; write `VERSION 0.7`, or turn it on with `VERSION --explicit-global 0.6`",
    );
}

/// A file of version 0.8 with a base recipe and a target; their lines begin at 2 and, behind the header, at the line after.
fn in_file(base: &[&str], target: &[&str]) -> Vec<String> {
    let mut text = "VERSION 0.8\n".to_owned();
    base.iter().for_each(|line| text += &format!("{line}\n"));
    text += "t:\n";
    target.iter().for_each(|line| text += &format!("    {line}\n"));
    faults(&text)
}

#[test]
fn an_arg_is_declared_once() {
    assert_eq!(in_file(&["ARG x"], &["ARG x"]), Vec::<String>::new());
    assert_eq!(in_file(&[], &["ARG x", "LET x = 1", "SET x = 2"]), Vec::<String>::new());
    assert_eq!(
        in_file(&[], &["ARG x", "ARG x=1"]),
        ["4:9 declared-twice: `ARG x` is declared twice in one recipe [3:9 declared here]; \
          to change a value, declare it with `LET` and change it with `SET`"]
    );
    assert_eq!(
        in_file(&["ARG x", "ARG --global x"], &[]),
        ["3:14 declared-twice: the global `ARG x` cannot replace the one that is not global \
          [2:5 declared here without `--global`]; use another name, or declare it once, with `--global`"]
    );
    assert_eq!(
        in_file(&[], &["LET x = 1", "ARG x"]),
        ["4:9 declared-twice: `x` was already declared with `LET` and cannot be redeclared as an `ARG` \
          [3:9 declared here]; use another name for one of the two"]
    );
    assert_eq!(faults("VERSION 0.7\nt:\n    ARG x\n    ARG x=1\n"), Vec::<String>::new());
    assert_eq!(faults("VERSION 0.6\nARG x\nARG x=1\nt:\n"), Vec::<String>::new());
    assert_eq!(faults("VERSION 0.7\nARG --global x\nARG x\nt:\n"), Vec::<String>::new());
    assert_eq!(
        faults("VERSION 0.7\nARG x\nARG --global x\nt:\n"),
        ["3:14 declared-twice: the global `ARG x` cannot replace the one that is not global \
          [2:5 declared here without `--global`]; use another name, or declare it once, with `--global`"]
    );
}

#[test]
fn a_variable_is_set_where_it_was_let() {
    let arg = |at: &str| {
        vec![format!("{at} set-undeclared: `x` is an `ARG` and cannot be used with `SET`; declare `LET x = $x` first")]
    };
    assert_eq!(in_file(&[], &["ARG x", "SET x = 1"]), arg("4:9"));
    assert_eq!(in_file(&["ARG --global x"], &["SET x = 1"]), arg("4:9"));
    assert_eq!(
        in_file(&["LET x = 1"], &["SET x = 1"]),
        [
            "4:9 set-undeclared: `x` is not declared in this recipe [2:5 the base recipe's variable is not seen in targets]; \
          declare it first: `LET x = value`"
        ]
    );
    assert_eq!(
        in_file(&[], &["ARG valeue", "LET value = 1", "SET valeu = 2"]),
        ["5:9 set-undeclared: `valeu` is not declared in this recipe; did you mean `value`?"]
    );
}

#[test]
fn the_variable_of_a_loop_is_an_arg_of_its_body() {
    let with = |body: &str| in_file(&[], &["LET l = 1", "FOR x IN a b", body, "END", "SET l = 2"]);
    assert_eq!(with("BUILD +$x"), Vec::<String>::new());
    assert_eq!(with("LET x = 1"), Vec::<String>::new());
    assert_eq!(
        with("SET x = 1"),
        ["5:9 set-undeclared: `x` is an `ARG` and cannot be used with `SET`; declare `LET x = $x` first"]
    );
    assert_eq!(
        with("ARG x"),
        ["5:9 declared-twice: `ARG x` is declared twice in one recipe [4:9 declared here]; \
          to change a value, declare it with `LET` and change it with `SET`"]
    );
    assert_eq!(in_file(&[], &["ARG x", "FOR x IN a", "END", "LET x = 1", "SET x = 1"]), Vec::<String>::new());
    assert_eq!(in_file(&[], &["FOR x IN a", "END", "ARG x"]), Vec::<String>::new());
    assert_eq!(
        in_file(&[], &["FOR x IN a", "END", "SET x = 1"]),
        ["5:9 set-undeclared: `x` is not declared in this recipe; declare it first: `LET x = value`"]
    );
}

#[test]
fn branches_may_declare_what_others_do_not() {
    let known = |lines: &[&str]| -> Vec<String> {
        let found = in_file(&["FROM alpine"], lines);
        found.into_iter().filter(|fault| !fault.contains("not-supported-yet")).collect()
    };
    let none = Vec::<String>::new();
    assert_eq!(known(&["IF true", "ARG x=1", "ELSE", "ARG x=2", "END"]), none);
    assert_eq!(known(&["IF true", "ARG x=1", "END", "ARG x"]), none);
    assert_eq!(known(&["IF true", "LET x=1", "END", "SET x = 2"]), none);
    assert_eq!(
        known(&["IF true", "ARG x=1", "ELSE", "ARG x=2", "END", "ARG x"]),
        ["9:9 declared-twice: `ARG x` is declared twice in one recipe [5:9 declared here]; \
          to change a value, declare it with `LET` and change it with `SET`"]
    );
    assert_eq!(
        known(&["ARG x", "IF true", "ARG x", "END"]),
        ["6:9 declared-twice: `ARG x` is declared twice in one recipe [4:9 declared here]; \
          to change a value, declare it with `LET` and change it with `SET`"]
    );
}
