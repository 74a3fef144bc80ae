//! `IF`, `FOR`, `WAIT`, `TRY`.

use super::check::{fails, fails_in, is, is_in};

#[test]
fn conditions() {
    is("IF [ -f \"$X\" ] # why\n        RUN a\n    END", "if shell [[ -f \"$X\" ]] {run shell [a]} else {}");
    is(
        "IF a\n        RUN b\n    ELSE IF c\n        RUN d\n    ELSE\n        RUN e\n        RUN f\n    END",
        "if shell [a] {run shell [b]} if shell [c] {run shell [d]} else {run shell [e]; run shell [f]}",
    );
    is("IF a\n    END", "if shell [a] {} else {}");
    is("IF [\"a\", \"b c\"]\n    END", "if shell [a b c] {} else {}");
    is_in("1.0", "IF [\"a\", \"b c\"]\n    END", "if exec [\"a\", \"b c\"] {} else {}");
    is(
        "IF --no-cache --secret TOKEN --mount=type=tmpfs,target=/x ! a\n    END",
        "if shell [! a] no-cache secret mount {} else {}",
    );
    is(
        "IF a\n        IF b\n            RUN c\n        END\n    END",
        "if shell [a] {if shell [b] {run shell [c]} else {}} else {}",
    );
    let help = "write a condition behind it, for example";
    fails("IF\n    END", &format!("4:5 missing-argument: not enough arguments for `IF`; {help} `IF [ -f file ]`"));
    fails(
        "IF a\n    ELSE IF\n    END",
        &format!("5:5 missing-argument: not enough arguments for `ELSE IF`; {help} `ELSE IF [ -f file ]`"),
    );
    fails("IF --no-cahce a\n    END", "4:8 unknown-flag: `IF` has no flag `--no-cahce`; did you mean `--no-cache`?");
}

#[test]
fn loops() {
    is("FOR x IN a \"b c\" $(ls)\n        RUN d\n    END", "for x in shell [a \"b c\" $(ls)] {run shell [d]}");
    is("FOR --sep=\",\" --no-cache x IN $list\n    END", "for x in shell [$list] no-cache sep=[,] {}");
    is("FOR x IN\n    END", "for x in shell [] {}");
    let form = "write `FOR name IN words`";
    fails("FOR x OF a\n    END", &format!("4:11 for-in: expected `IN`, got `OF`; {form}"));
    fails("FOR x\n    END", &format!("4:9 for-in: expected `IN` behind `x`; {form}"));
    fails("FOR\n    END", &format!("4:5 missing-argument: not enough arguments for `FOR`; {form}"));
    fails(
        "FOR a-b IN c\n    END",
        "4:9 variable-name: `a-b` cannot be the name of a variable; a name is a letter or `_`, then letters, digits and `_`",
    );
}

#[test]
fn waiting() {
    is("WAIT\n        BUILD +other\n    END", "wait {build +other}");
}

#[test]
fn attempts() {
    is_in(
        "1.0",
        "TRY\n        RUN a\n    CATCH\n        RUN b\n    FINALLY\n        SAVE ARTIFACT c/* AS LOCAL $d/\n    END",
        "try {run shell [a]} catch {run shell [b]} finally {save artifact [c/*] local=[‹d›/]}",
    );
    is_in(
        "--try 0.8",
        "TRY\n        RUN a\n    FINALLY\n        SAVE ARTIFACT --if-exists c AS LOCAL d\n    END",
        "try {run shell [a]} catch {} finally {save artifact [c] local=[d] if-exists}",
    );
    let one = "`TRY` holds exactly one `RUN` or `WITH DOCKER`; join commands with `&&`, and put what needs no rescue above `TRY`";
    fails_in("1.0", "TRY\n        RUN a\n        RUN b\n    END", &format!("6:9 try-body: {one}"));
    fails_in("1.0", "TRY\n    END", &format!("4:5 try-body: {one}"));
    let attempt = |finally: &str| format!("TRY\n        RUN a\n    FINALLY\n        {finally}\n    END");
    let only = "`FINALLY` takes only `SAVE ARTIFACT … AS LOCAL`; write `SAVE ARTIFACT path AS LOCAL path`";
    fails_in("1.0", &attempt("RUN b"), &format!("7:9 finally: {only}"));
    fails_in("--try 0.8", &attempt("SAVE ARTIFACT b"), &format!("7:9 finally: {only}"));
    fails_in(
        "--try 0.8",
        &attempt("SAVE ARTIFACT b/* AS LOCAL c/"),
        "7:23 finally: `FINALLY` does not support patterns in this version of the language; \
         name each file, or move to `VERSION 1.0`",
    );
    fails_in(
        "--try 0.8",
        &attempt("SAVE ARTIFACT b AS LOCAL $c"),
        "7:34 finally: `FINALLY` does not support variables in a local path in this version of the language; \
         write the path without variables, or move to `VERSION 1.0`",
    );
    fails_in(
        "--try 0.8",
        "TRY\n        RUN a\n    CATCH\n        RUN b\n    END",
        "7:9 catch: `TRY` does not support `CATCH` in this version of the language; move to `VERSION 1.0`, or use `FINALLY`",
    );
}

#[test]
fn a_command_in_a_command() {
    is("ARG x=$(cat \"a b\" | tr -d ' ')", "arg x default=[‹(cat \"a b\" | tr -d ' ')›]");
    is_in("0.6", "ARG x=$(cat a)", "arg x default=[‹(cat a)›]");
    is_in("0.6", "ENV x=$(cat a)", "env x = [$(cat a)]");
}
