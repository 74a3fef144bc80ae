use super::{LINTS, check};
use crate::analysis::{Options, analyse};
use crate::diagnostic::Diagnostic;
use crate::source::Sources;
use crate::syntax::{ParseOptions, parse};

/// What is found in a Buildfile, which has no errors.
fn found(text: &str) -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let file = sources.add("Buildfile", text);
    let options = ParseOptions { default_version_is_1_0: true };
    let parsed = parse(file, text, options);
    let (unit, faults) = analyse(file, &parsed.file, &Options { buildfile: true, ..Options::default() });
    let errors: Vec<_> = parsed.diagnostics.iter().chain(&faults).filter(|fault| fault.is_error()).collect();
    assert!(errors.is_empty(), "{text}\n{errors:?}");
    let found = check(&unit, text, options, &|_| None);
    (sources, found)
}

fn codes(text: &str) -> Vec<&'static str> {
    found(text).1.iter().map(|diagnostic| diagnostic.code).collect()
}

/// Checks what is found in a target's recipe, below a base recipe that is all right.
#[track_caller]
fn recipe(lines: &str, expect: &[&str]) {
    let text = format!("VERSION 1.0\nFROM alpine:3.20\nbuild:\n    {}\n", lines.replace('\n', "\n    "));
    assert_eq!(codes(&text), expect, "{text}");
}

#[track_caller]
fn file(text: &str, expect: &[&str]) {
    assert_eq!(codes(&format!("VERSION 1.0\n{text}")), expect, "{text}");
}

#[test]
fn each_lint_finds_its_bad_example_and_not_the_good_one() {
    for lint in LINTS {
        assert_eq!(codes(lint.bad), [lint.code], "{}", lint.bad);
        assert!(codes(lint.good).is_empty(), "{}", lint.good);
        let (_, found) = found(lint.bad);
        assert_eq!(found[0].severity, lint.severity);
        assert!(found[0].help.is_some(), "{} has help", lint.code);
    }
    assert!(LINTS.is_sorted_by_key(|lint| lint.code));
}

#[test]
fn apt() {
    recipe("RUN apt-get update\nRUN apt-get update && apt-get install -y a\nRUN apt-get install -y b", &[]);
    recipe("RUN apt-get update\nRUN apt-get -qq install a", &["apt-index-apart"]);
    recipe("RUN apt-get install -qqy a && apt install --yes b && yes | apt-get install c", &[]);
    recipe("RUN if true; then sudo apt install a; fi", &["apt-without-yes"]);
    recipe("RUN apt-get install $OPTIONS a", &[]);
    recipe("RUN echo apt-get install a", &[]);
}

#[test]
fn copy_before_install() {
    recipe("COPY . .\nRUN cd x && npm ci", &["copy-before-install"]);
    recipe("COPY --dir . ./\nRUN pip install -r requirements.txt", &["copy-before-install"]);
    recipe("COPY . .\nRUN npm ci && npm run build", &[]);
    recipe("COPY . .\nRUN npm install -g typescript", &[]);
    recipe("COPY . .\nRUN npm install left-pad", &[]);
    recipe("COPY . .\nRUN pip install -r requirements.txt -e .", &[]);
    recipe("COPY . .\nRUN pip install .", &[]);
    recipe("COPY . .\nRUN --mount=type=cache,target=/root/.npm npm ci", &[]);
    recipe("CACHE /root/.npm\nCOPY . .\nRUN npm ci", &[]);
    recipe("COPY package.json ./\nRUN npm ci\nCOPY . .", &[]);
    recipe("COPY . .\nRUN go build ./... && go mod download", &[]);
}

#[test]
fn exposed_secret() {
    recipe("ARG NPM_TOKEN\nRUN true", &["exposed-secret"]);
    recipe("ENV password=x", &["exposed-secret"]);
    recipe("ENV AWS_SECRET_ACCESS_KEY=x", &["exposed-secret"]);
    recipe("ENV TOKEN_FILE=x\nENV PASSWORD_LENGTH=8\nENV SSH_KEY_TYPE=rsa\nENV PRIMARY_KEY=id", &[]);
    recipe("ENV DB_PASSWORD=\nENV TOKEN=/run/secrets/token", &[]);
    recipe("RUN --secret NPM_TOKEN npm publish", &[]);
}

#[test]
fn latest_image() {
    file("FROM node:latest\nt:\n    FROM registry:5000/a/b\n", &["latest-image", "latest-image"]);
    file("FROM scratch\nt:\n    FROM a@sha256:0000000000000000000000000000000000000000000000000000000000000000\n", &[]);
    file("ARG v=1\nFROM node:$v\nt:\n    FROM +u\nu:\n    RUN true\n", &[]);
    file("FROM docker:28\nt:\n    WITH DOCKER --pull redis\n        RUN true\n    END\n", &["latest-image"]);
}

#[test]
fn lost_shell_state() {
    recipe("RUN cd /a && make\nRUN cd /a; ls\nRUN (cd /a && ls)", &[]);
    recipe("RUN export A=1", &["lost-shell-state"]);
    recipe("RUN . ./env", &["lost-shell-state"]);
    recipe("RUN set -e", &[]);
    recipe("RUN . ./install.sh", &[]);
}

#[test]
fn missing_required() {
    recipe("ARG TAG\nSAVE IMAGE a:$TAG", &["missing-required"]);
    recipe("ARG REG\nSAVE IMAGE --push $REG/a:1", &["missing-required"]);
    recipe("ARG TAG\nSAVE IMAGE a:${TAG:-latest}", &[]);
    recipe("ARG TAG=1\nSAVE IMAGE a:$TAG", &[]);
    recipe("ARG SUFFIX\nSAVE IMAGE a:1$SUFFIX", &[]);
    recipe("ARG EARTHLY_GIT_HASH\nSAVE IMAGE a:$EARTHLY_GIT_HASH", &[]);
    recipe("ARG TAG\nRUN test -n \"$TAG\"\nSAVE IMAGE a:$TAG", &[]);
    recipe("ARG TAG\nIF [ -n \"$TAG\" ]\n    SAVE IMAGE a:$TAG\nEND", &[]);
    file("ARG --global TAG\nFROM alpine:3.20\nt:\n    SAVE IMAGE a:$TAG\n", &["missing-required"]);
}

#[test]
fn shadowed_arg() {
    file("ARG --global a=1\nFROM alpine:3.20\nt:\n    LET a = 2\n    RUN echo $a\n", &["shadowed-arg"]);
    file("ARG a=3.20\nFROM alpine:$a\nt:\n    ARG a=2\n    RUN echo $a\n", &[]);
}

#[test]
fn shared_package_cache() {
    recipe("CACHE --sharing shared /root/.gradle/caches/", &["shared-package-cache"]);
    recipe("RUN --mount=type=cache,target=/var/cache/apt,sharing=shared true", &["shared-package-cache"]);
    recipe("RUN --mount=type=cache,target=/var/cache/apt,sharing=locked true", &[]);
    recipe("CACHE --sharing shared /root/.cache/go-build\nCACHE /var/cache/apt\nRUN true", &[]);
}

#[test]
fn unknown_arg() {
    let file = |lines: &str, expect: &[&str]| {
        let text = format!(
            "ARG --global tag\nFROM alpine:3.20\nt:\n    ARG version=1\n    RUN echo $version $tag\nu:\n    RUN true\n\
             handing:\n    BUILD --pass-args +t\nF:\n    FUNCTION\n    ARG name\n    RUN echo $name\nx:\n    {}\n",
            lines.replace('\n', "\n    ")
        );
        file(&text, expect);
    };
    file("BUILD +t --version=2 --tag=x\nDO +F --name=x --tag=y", &[]);
    file("BUILD +t --vresion=2", &["unknown-arg"]);
    file("FROM +t --vresion=2\nCOPY (+t/a --vresion=2) .\nDO +F --nmae=x", &["unknown-arg"; 3]);
    file("IF true\n    BUILD +u --version=2\nEND", &["unknown-arg"]);
    file("COPY --build-arg version=2 +t/a +u/b .", &[]);
    file("BUILD +handing --other=2", &[]);
    file("ARG name=t\nBUILD +$name --vresion=2\nBUILD ./elsewhere+t --vresion=2", &[]);
}

#[test]
fn unused_arg() {
    recipe("ARG x=1\nRUN echo", &["unused-arg"]);
    recipe("ARG X=1\nRUN echo", &[]);
    recipe("ARG X=1\nSAVE IMAGE a:1", &["unused-arg"]);
    recipe("RUN echo $x\nARG x=1\nRUN echo", &["unused-arg"]);
    recipe("ARG x=1\nRUN echo ${x}", &[]);
    recipe("ARG x=1\nBUILD +build --x=$x", &[]);
    file("FROM alpine:3.20\nt:\n    ARG x=1\n    RUN <<EOF\necho $x\nEOF\n", &[]);
    file("ARG --global x=1\nFROM alpine:3.20\nt:\n    RUN echo $x\n", &[]);
    file("ARG --global x=1\nFROM alpine:3.20\nt:\n    RUN echo\n", &["unused-arg"]);
}

#[test]
fn volatile_arg() {
    recipe("ARG EARTHLY_GIT_HASH\nRUN a\nRUN echo $EARTHLY_GIT_HASH", &["volatile-arg"]);
    recipe("ARG EARTHLY_GIT_HASH\nCOPY a b\nRUN echo $EARTHLY_GIT_HASH\nRUN a", &[]);
    recipe("ARG EARTHLY_GIT_HASH\nRUN a", &[]);
    recipe("LOCALLY\nARG EARTHLY_GIT_HASH\nRUN a\nRUN echo $EARTHLY_GIT_HASH", &[]);
}

#[test]
fn comments_allow_lints() {
    recipe("# rbuild: allow(lost-shell-state)\nRUN cd /a\nRUN true", &[]);
    recipe("# rbuild: allow(lost-shell-state)\n# since so\nRUN cd /a\nRUN cd /a", &["lost-shell-state"]);
    recipe("# rbuild: allow(lost-shell-state, latest-image)\nRUN cd /a", &["unused-allow"]);
    recipe("# rbuild: allow(lost-shell-state)\n\nRUN cd /a", &["unused-allow", "lost-shell-state"]);
    recipe("# rbuild: allow(lost-shell-stat)\nRUN true", &["unused-allow"]);
    recipe("# rbuild: please\nRUN true", &["unused-allow"]);
    recipe("# rbuild: allow(lost-shell-state)\nIF true\n    RUN cd /a\nEND", &[]);
    let target =
        "FROM alpine:3.20\n# t tests\n# rbuild: allow(lost-shell-state)\nt:\n    RUN cd /a\nu:\n    RUN cd /a\n";
    file(target, &["lost-shell-state"]);
    let all = "# rbuild: allow(lost-shell-state)\n\nFROM alpine:3.20\nt:\n    RUN cd /a\nu:\n    RUN cd /a\n";
    assert!(codes(all).is_empty());
    assert!(codes(&all.replace("\n\nFROM", "\nVERSION 1.0\nFROM")).is_empty());
    let (_, found) = found("VERSION 1.0\n# rbuild: allow(latest-imag)\nFROM alpine:3.20\n");
    assert_eq!(found[0].help.as_deref(), Some("did you mean `latest-image`?"));
}
