use super::check::{fails, fails_in, is, is_in, read};

fn block(flags: &str, body: &str) -> String {
    format!("WITH DOCKER {flags}\n        {body}\n    END")
}

#[test]
fn blocks_are_read_with_their_run() {
    is("WITH DOCKER\n        RUN docker ps\n    END", "with docker: run shell [docker ps]");
    is(
        &block("--pull a:$V --pull b --compose c.yml --service s --platform linux/arm64", "RUN --no-cache x"),
        "with docker pull=[a:‹V›] pull=[b] compose=[c.yml] service=[s] platform=[linux/arm64]: run shell [x] no-cache",
    );
    is_in("1.0", &block("--cache-id=a-$B", "RUN x"), "with docker cache-id=[a-‹B›]: run shell [x]");
}

#[test]
fn loads_are_read_in_all_their_forms() {
    for (written, expected) in [
        ("a=+other", "as=[a] (+other)"),
        ("a:$V=+other", "as=[a:‹V›] (+other)"),
        ("+other", "(+other)"),
        ("(+other --x=1)", "(+other x=[1])"),
        ("a=(+other --x 1 --y=\"b c\")", "as=[a] (+other x=[1] y=[b c])"),
        ("a=\"(+other --x=1)\"", "as=[a] (+other x=[1])"),
        ("\"a=+other\"", "as=[a] (+other)"),
        ("\"a=(+other --x=\\\"b c\\\")\"", "as=[a] (+other x=[b c])"),
        ("$N=$T+t", "as=[‹N›] (late [‹T›+t])"),
    ] {
        for flag in ["--load ", "--load="] {
            is(&block(&format!("{flag}{written}"), "RUN x"), &format!("with docker load {expected}: run shell [x]"));
        }
    }
    is(
        &block("--pass-args --build-arg x=1 --load a=+other --load b=(+other --x=2)", "RUN x"),
        "with docker load as=[a] (+other x=[1] pass-args) load as=[b] (+other x=[2] x=[1] pass-args): run shell [x]",
    );
}

#[test]
fn faults_of_blocks_say_what_to_do() {
    let one = "only one command is allowed in `WITH DOCKER`, and it has to be `RUN`; \
               join commands with `&&`, and put everything else in front of `WITH DOCKER` or behind `END`";
    fails(
        "WITH DOCKER --pull a\n    END",
        "4:5 docker-body: `WITH DOCKER` holds no `RUN`; add one `RUN` in front of `END`",
    );
    fails(&block("", "COPY a b"), &format!("5:9 docker-body: {one}"));
    fails(&block("", "RUN x\n        RUN y"), &format!("6:9 docker-body: {one}"));
    fails(&block("", "IF x\n        RUN y\n        END"), &format!("5:9 docker-body: {one}"));
    fails(
        &block("", "WITH DOCKER\n        RUN y\n        END"),
        "5:9 docker-body: `WITH DOCKER` cannot stand in `WITH DOCKER`; close the first one with `END`, or make it one block",
    );
    fails(
        &block("", "RUN --push x"),
        "5:9 docker-push: `RUN --push` cannot stand in `WITH DOCKER`; push in a `RUN --push` behind `END`",
    );
    fails(
        &block("x", "RUN x"),
        "4:17 extra-argument: `WITH DOCKER` takes flags only; unexpected `x`; \
         write the command as a `RUN` between `WITH DOCKER` and `END`",
    );
    fails(
        &block("--laod=+other", "RUN x"),
        "4:17 unknown-flag: `WITH DOCKER` has no flag `--laod`; did you mean `--load`?",
    );
    fails(
        &block("--cache-id x", "RUN x"),
        "4:17 feature-off: `WITH DOCKER --cache-id` needs `VERSION 1.0` or later; \
         write `VERSION 1.0`, or turn it on with `VERSION --docker-cache 0.8`",
    );
    fails(
        &block("--load a=+othr", "RUN x"),
        "4:26 unknown-target: there is no target `+othr` in this file; did you mean `+other`?",
    );
    fails(
        &block("--load A=+other", "RUN x"),
        "4:24 image-name: `A` cannot name an image; names of images are in lower case: `a`",
    );
    fails(
        &block("--load a=", "RUN x"),
        "4:24 missing-argument: `--load a=` names no target; write `--load name=+target`",
    );
    fails(
        &block("--platform x/y/z/w", "RUN x"),
        &read("0.8", "FROM --platform x/y/z/w a").1[0].replace("4:21", "4:28"),
    );
    fails(
        &block("--build-arg x=1", "RUN x"),
        "4:29 build-arg: `WITH DOCKER` without `--load` takes no arguments; \
         arguments are given to targets; write `+target --name=value`",
    );
    fails_in(
        "1.0",
        &block("", "RUN --network=none x"),
        "5:9 docker-network: a `RUN` in `WITH DOCKER` cannot be without network; \
         remove `--network=none`; `docker run --network=none` cuts off single containers",
    );
    fails_in(
        "1.0",
        &block("--cache-id=", "RUN x"),
        "4:28 cache-id: the id of the cache is empty; write `--cache-id=name`",
    );
}

#[test]
fn what_has_no_effect_is_told() {
    for (flags, run, warning) in [
        (
            "--service a",
            "RUN x",
            "4:17 warning no-effect: `--service` has no effect: no `--compose` names a file with services; \
             add `--compose docker-compose.yml`, or remove it",
        ),
        (
            "",
            "RUN --privileged x",
            "5:9 warning no-effect: `--privileged` has no effect: a `RUN` in `WITH DOCKER` always is; remove it",
        ),
        (
            "",
            "RUN --network=none x",
            "5:9 warning no-effect: `--network=none` has no effect: a `RUN` in `WITH DOCKER` cannot be without network; remove it",
        ),
    ] {
        let (step, faults) = read("0.8", &block(flags, run));
        assert!(step.is_some(), "{flags} {run}");
        assert_eq!(faults, [warning]);
    }
}
