use super::check::{fails, fails_in, is, is_in};

#[test]
fn targets_with_arguments() {
    is("BUILD +other", "build +other");
    is("BUILD ./a+b", "build ./a+b");
    is(
        "BUILD --platform=linux/amd64 --platform linux/arm64 +other --a=1 --a=2",
        "build +other a=[1] a=[2] platform=[linux/amd64] platform=[linux/arm64]",
    );
    is("BUILD --pass-args +other --a \"$B c\"", "build +other a=[‹B› c] pass-args");
    is("BUILD +other \"--a=b c\" --d=e=f", "build +other a=[b c] d=[e=f]");
    is("BUILD +other \"--a=$B c\" '--d=$e'", "build +other a=[‹B› c] d=[$e]");
    is("BUILD +other --a=", "build +other a=[]");
    is("BUILD +other --a -1", "build +other a=[-1]");
    is("BUILD +$T --a=1", "build late [+‹T›] a=[1]");
    is("BUILD $D/x+t", "build late [‹D›/x+t]");
    is("BUILD --build-arg \"a=b c\" --build-arg d +other", "build +other a=[b c] d");
    is_in("1.0", "BUILD --auto-skip +other", "build +other");
}

#[test]
fn faults() {
    fails("BUILD", "4:5 missing-argument: `BUILD` names no target; write `BUILD +target`");
    fails(
        "BUILD other",
        "4:11 invalid-reference: `other` is not a reference to a target; for the target of this file write `+other`",
    );
    fails("BUILD +", "4:11 invalid-reference: `+` names no target; write `+target`");
    fails(
        "BUILD +other/a",
        "4:11 invalid-reference: `other/a` is not a name of a target; the target is `+other`; only `COPY` takes the path of an artifact behind it",
    );
    fails(
        "BUILD +FOO",
        "4:11 invalid-reference: `FOO` is not a name of a target; `FOO` is a name of a function: call it with `DO`",
    );
    fails(
        "BUILD ./*+other",
        "4:11 feature-off: `./*+other` needs `VERSION 1.0` or later; write `VERSION 1.0`, or turn it on with `VERSION --wildcard-builds 0.8`",
    );
    fails(
        "BUILD ./**+other",
        "4:11 wildcard: `./**+other`: `**` is not supported in references; write one `*` for each level of directories",
    );
    fails(
        "BUILD a.org/b/*+other",
        "4:11 wildcard: `a.org/b/*+other`: wildcards are for directories of this repository; name each directory of the other repository",
    );
    fails(
        "FROM ./*+other",
        "4:10 wildcard: `./*+other` stands for several targets, and this command takes one; name one directory; `BUILD` and `COPY` take wildcards",
    );
    is("BUILD a/b+other", "build a/b+other");
    fails(
        "BUILD --build-arg a-b=1 +other",
        "4:23 build-arg: `a-b` cannot name an argument; write `--name=value`; names are letters, digits and `_`",
    );
    is("BUILD +other --a=$(date)", "build +other a=[‹(date)›]");
    fails(
        "BUILD +other \"--$X=1\"",
        "4:18 build-arg: `\"--$X=1\"` cannot name an argument; write `--name=value`; names are letters, digits and `_`",
    );
    fails_in(
        "0.8",
        "BUILD --auto-skip +other",
        "4:11 feature-off: `BUILD --auto-skip` needs `VERSION 1.0` or later; \
         write `VERSION 1.0`, or turn it on with `VERSION --build-auto-skip 0.8`",
    );
}
