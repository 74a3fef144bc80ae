use super::check::{fails, fails_in, is, read, warns};

#[test]
fn images_and_targets() {
    is("FROM alpine:3.22", "from image [alpine:3.22]");
    is("FROM scratch", "from image [scratch]");
    is("FROM \"alpine:$V\"", "from image [alpine:‹V›]");
    is("FROM --platform=linux/arm64 alpine", "from image [alpine] platform=[linux/arm64]");
    is("FROM --platform $P alpine", "from image [alpine] platform=[‹P›]");
    is("FROM +other", "from +other");
    is("FROM ./+other", "from +other");
    is("FROM ./lib+x", "from ./lib+x");
    is("FROM ../lib/+x", "from ../lib+x");
    is("FROM +base", "from +base");
    is("FROM +other --a=1 --b \"x y\" -c=$D", "from +other a=[1] b=[x y] c=[‹D›]");
    is("FROM --build-arg a=1 --build-arg b +other --c=2", "from +other c=[2] a=[1] b");
    is("FROM --pass-args +other", "from +other pass-args");
    is("FROM +$T", "from late [+‹T›]");
    is("FROM $D+x --a=1", "from late [‹D›+x] a=[1]");
    is("FROM $X", "from image [‹X›]");
    is("FROM $X --a=1", "from late [‹X›] a=[1]");
    is("FROM --build-arg a=1 $X", "from late [‹X›] a=[1]");
    is("FROM --pass-args --allow-privileged $X", "from image [‹X›] pass-args allow-privileged");
}

#[test]
fn dockerfiles() {
    is("FROM DOCKERFILE .", "from dockerfile [.]");
    is("FROM DOCKERFILE ../app", "from dockerfile [../app]");
    is(
        "FROM DOCKERFILE -f a/Dockerfile --target=$T --platform=linux/arm64 --build-arg A=1 app --B=$X",
        "from dockerfile [app] file [a/Dockerfile] target=[‹T›] platform=[linux/arm64] B=[‹X›] A=[1]",
    );
    is(
        "FROM DOCKERFILE -f +other/Dockerfile +other/dir --A=1",
        "from dockerfile (+other A=[1] : /dir) file (+other A=[1] : /Dockerfile) A=[1]",
    );
    is("FROM DOCKERFILE $X", "from dockerfile [‹X›]");
    is("FROM DOCKERFILE --pass-args --build-arg A=1 $X --B=2", "from dockerfile [‹X›] B=[2] A=[1] pass-args");
    is("FROM DOCKERFILE ($X --A=1)", "from dockerfile (late [‹X›] A=[1])");
}

#[test]
fn faults() {
    fails(
        "FROM",
        "4:5 missing-argument: `FROM` names no image and no target; write `FROM image:tag` or `FROM +target`",
    );
    fails("FROM \"\"", "4:10 missing-argument: the name of the image is empty; write `FROM image:tag`");
    fails(
        "FROM golang:1.24 AS Build_Stage",
        "4:22 from-as: `FROM` takes no `AS`: a stage is a target of its own; \
         write a target `build-stage:` that begins with `FROM golang:1.24`, and use it as `FROM +build-stage`",
    );
    fails(
        "FROM golang as build",
        "4:17 from-as: `FROM` takes no `as`: a stage is a target of its own; \
         write a target `build:` that begins with `FROM golang`, and use it as `FROM +build`",
    );
    fails(
        "FROM alpine --a=1",
        "4:17 extra-argument: unexpected `--a=1` behind the image; \
         flags stand in front of the image; arguments are for targets only",
    );
    fails("FROM alpine edge", "4:17 extra-argument: unexpected `edge` behind the image; write `FROM image:tag`");
    fails("FROM --platfrom=x alpine", "4:10 unknown-flag: `FROM` has no flag `--platfrom`; did you mean `--platform`?");
    let (step, found) = read("0.8", "FROM --platform=linux alpine");
    assert_eq!(step.as_deref(), Some("from image [alpine] platform=[linux]"));
    assert_eq!(
        found,
        ["4:21 invalid-platform: `linux` is not a platform; \
          write it as `os/arch` or `os/arch/variant`, for example `linux/arm64`"]
    );
    fails(
        "FROM --build-arg a=1 alpine",
        "4:22 build-arg: `FROM` of an image takes no arguments; arguments are given to targets; write `+target --name=value`",
    );
    fails(
        "FROM Alpine:3",
        "4:10 image-name: `Alpine:3` cannot name an image; names of images are in lower case: `alpine:3`",
    );
    fails("FROM +othre", "4:10 unknown-target: there is no target `+othre` in this file; did you mean `+other`?");
    fails(
        "FROM +zzzzzzzz",
        "4:10 unknown-target: there is no target `+zzzzzzzz` in this file; its targets are `+build`, `+other`",
    );
    fails(
        "FROM +a+b",
        "4:10 invalid-reference: `+a+b` holds more than one `+`; write `\\+` for a plus sign that belongs to a path",
    );
    is("FROM github.com/a/b:main+x", "from github.com/a/b:main+x");
    fails(
        "FROM lib+x",
        "4:10 unknown-import: no `IMPORT` is called `lib`; for a directory write `./lib`; for another name of it, `IMPORT ./directory AS lib`",
    );
    fails("FROM +other --a", "4:17 build-arg-value: no value for `--a`; write `--a=value`");
    fails("FROM +other --a --b=1", "4:17 build-arg-value: no value for `--a`; write `--a=value`");
    fails("FROM +other a=1", "4:17 build-arg: unexpected `a=1` behind what is called; write `--a=1`");
    fails(
        "FROM +other a",
        "4:17 build-arg: unexpected `a` behind what is called; \
         arguments are written `--name=value`; quote a value that holds blanks: `--name=\"a a\"`",
    );
    fails(
        "BUILD +other +other",
        "4:18 build-arg: unexpected `+other` behind what is called; write a command for each target",
    );
    fails(
        "FROM +other --a-b=1",
        "4:17 build-arg: `a-b` cannot name an argument; write `--name=value`; names are letters, digits and `_`",
    );
    fails(
        "FROM +other --EARTHLY_PUSH=1",
        "4:17 builtin: `EARTHLY_PUSH` is built in and cannot be given a value; \
         remove it: the target can declare `ARG` of that name itself",
    );
    fails("FROM alpine:${V", "4:17 unclosed: `${` is not closed; add the missing `}`");
    is("FROM alpine:$(cat v)", "from image [alpine:‹(cat v)›]");
    fails_in(
        "0.7",
        "FROM --pass-args +other",
        "4:10 feature-off: `FROM --pass-args` needs `VERSION 0.8` or later; \
         write `VERSION 0.8`, or turn it on with `VERSION --pass-args 0.7`",
    );
    warns(
        "FROM --allow-privileged +other",
        "from +other allow-privileged",
        "4:10 warning no-effect: `--allow-privileged` has no effect on a target of this machine; \
         remove it: it is for targets of other repositories",
    );
    warns(
        "FROM --pass-args alpine",
        "from image [alpine]",
        "4:10 warning no-effect: `--pass-args` has no effect: `FROM` of an image calls no target; remove it",
    );
}
