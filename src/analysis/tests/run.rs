use super::check::{fails, fails_in, is, is_in};

#[test]
fn command_lines_are_left_alone() {
    is("RUN echo \"$X\" '$Y'   z", "run shell [echo \"$X\" '$Y' z]");
    is("RUN echo $(date) ${X%y} \\$Z", "run shell [echo $(date) ${X%y} \\$Z]");
    is("RUN a && \\\n    b", "run shell [a && b]");
    is("RUN echo \"a\n  b\"", "run shell [echo \"a\n  b\"]");
    is("RUN -- --push", "run shell [--push]");
    is("RUN make --push", "run shell [make --push]");
    is("RUN (cd x && make)", "run shell [(cd x && make)]");
    is(r#"RUN ["a", "b c", "$X"]"#, r#"run exec ["a", "b c", "$X"]"#);
    is(r#"RUN --push ["a", "b c"]"#, r#"run shell [["a", "b c"]] push"#);
    is_in("1.0", r#"RUN --push ["a", "b c"]"#, r#"run exec ["a", "b c"] push"#);
    is_in("1.0", r#"RUN [ "a" = b ]"#, r#"run shell [[ "a" = b ]]"#);
}

#[test]
fn flags() {
    is("RUN --no-cache --push make", "run shell [make] no-cache push");
    is("RUN --push=false make", "run shell [make]");
    is("RUN --push=$P make", "run shell [make] push=[‹P›]");
    is("RUN --entrypoint", "run shell [] entrypoint");
    is("RUN --entrypoint -- x", "run shell [x] entrypoint");
    is("RUN --network=none make", "run shell [make] network-none");
    is("RUN --network=$N make", "run shell [make] network-none=[‹N›]");
    is("RUN --privileged=false make", "run shell [make]");
    is_in("1.0", "RUN --raw-output make", "run shell [make] raw-output");
    is(
        "RUN --secret A --secret B=c --secret=D=+secrets/e --secret F= --secret G=$H make",
        "run shell [make] secret A<A secret B<c secret D<e no secret secret late [G=‹H›]",
    );
    is(
        "RUN --mount=type=cache,target=/c --mount type=tmpfs,target=/t --mount \"$M\" make",
        "run shell [make] mount cache None Locked /c mount tmpfs /t mount late [‹M›]",
    );
}

#[test]
fn faults() {
    fails("RUN", "4:5 missing-argument: `RUN` runs nothing; write the command behind it, for example `RUN make`");
    fails(
        "RUN --push",
        "4:5 missing-argument: `RUN` runs nothing; write the command behind it, for example `RUN make`",
    );
    fails("RUN --no-cahce make", "4:9 unknown-flag: `RUN` has no flag `--no-cahce`; did you mean `--no-cache`?");
    fails(
        "RUN --push=yes make",
        "4:16 flag-value: `--push` is either true or false, not `yes`; write `--push`, or `--push=false`",
    );
    fails(
        "RUN --network=host make",
        "4:19 network: `host` is not a network; the only value is `none`; write `--network=none`, or leave it out",
    );
    fails(
        "RUN --secret a-b make",
        "4:18 secret: `a-b` cannot name the variable that gets the secret; write `--secret NAME=a-b`",
    );
    fails("RUN --mount=type=cache,tagret=/x make", "4:17 mount: a mount has no `tagret`; did you mean `target`?");
    fails(
        "RUN --mount=type=cache,target=/x,uid=1000 make",
        "4:17 not-supported: rbuild does not support `uid` of a mount; set the owner in the command, with `chown`",
    );
    fails(
        "RUN --with-docker make",
        "4:9 obsolete-flag: `--with-docker` is obsolete; write `WITH DOCKER`, the `RUN`, and `END`",
    );
    fails(
        "RUN --aws make",
        "4:9 feature-off: `RUN --aws` needs `VERSION 1.0` or later; write `VERSION 1.0`, or turn it on with `VERSION --run-with-aws 0.8`",
    );
    fails_in(
        "1.0",
        "RUN --aws make",
        "4:9 not-supported: rbuild does not support `RUN --aws`; \
         give the command credentials with `--secret AWS_ACCESS_KEY_ID --secret AWS_SECRET_ACCESS_KEY`",
    );
    fails_in(
        "1.0",
        "RUN --oidc session-name=s,role-arn=r make",
        "4:9 not-supported: rbuild does not support `RUN --oidc`; \
         give the command credentials with `--secret AWS_ACCESS_KEY_ID --secret AWS_SECRET_ACCESS_KEY`",
    );
    is_in("1.0", "RUN --aws=false make", "run shell [make]");
    fails(
        "RUN --raw-output make",
        "4:9 feature-off: `RUN --raw-output` needs `VERSION 1.0` or later; write `VERSION 1.0`, or turn it on with `VERSION --raw-output 0.8`",
    );
    fails_in(
        "0.7",
        "RUN --network=none make",
        "4:9 feature-off: `RUN --network` needs `VERSION 0.8` or later; write `VERSION 0.8`, or turn it on with `VERSION --no-network 0.7`",
    );
    fails_in(
        "0.6",
        "RUN --secret A=b make",
        "4:18 secret: the secret `b` needs the prefix `+secrets/` in this version of the language; \
         write `--secret A=+secrets/b`, or move to `VERSION 0.7`",
    );
    is_in("1.0", "RUN --push <<EOF\n true $x\nEOF", "run shell [ true $x\n] push");
    is_in("1.0", "RUN cat <<EOF\ntrue\nEOF", "run shell [cat <<EOF\ntrue\nEOF\n]");
}
