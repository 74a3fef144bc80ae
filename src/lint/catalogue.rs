//! What each lint is about.

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;

/// A lint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lint {
    /// Its name, in kebab case: what comments allow, and what `--explain` explains.
    pub code: &'static str,
    /// An error does not do what is written, or gives something away; a warning costs time or surprises.
    pub severity: Severity,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// Why that is trouble, and what to do. Plain text, lines of at most 100 characters.
    pub explanation: &'static str,
    /// A Buildfile that it finds something in.
    pub bad: &'static str,
    /// The same without.
    pub good: &'static str,
}

impl Lint {
    /// What it has found.
    pub(super) fn at(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: self.severity, ..Diagnostic::error(self.code, span, message) }
    }
}

/// The lint of a name.
#[must_use]
pub fn find(code: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.code == code)
}

/// All lints, by name.
pub const LINTS: &[Lint] = &[
    APT_INDEX_APART,
    APT_WITHOUT_YES,
    COPY_BEFORE_INSTALL,
    EXPOSED_SECRET,
    LATEST_IMAGE,
    LOST_SHELL_STATE,
    MISSING_REQUIRED,
    SHADOWED_ARG,
    SHARED_PACKAGE_CACHE,
    UNKNOWN_ARG,
    UNUSED_ALLOW,
    UNUSED_ARG,
    UNUSED_IMPORT,
    VOLATILE_ARG,
];

pub(super) const APT_INDEX_APART: Lint = Lint {
    code: "apt-index-apart",
    severity: Severity::Warning,
    summary: "`apt-get update` and `apt-get install` in different `RUN` commands",
    explanation: "\
The index of packages is cached with its step. When a package is added to the list later, `update`
does not run again, and `install` looks for versions that the server no longer has. Put both into
one `RUN`.",
    bad: "\
VERSION 1.0
FROM debian:12
build:
    RUN apt-get update
    RUN apt-get install -y curl
",
    good: "\
VERSION 1.0
FROM debian:12
build:
    RUN apt-get update && apt-get install -y curl
",
};

pub(super) const APT_WITHOUT_YES: Lint = Lint {
    code: "apt-without-yes",
    severity: Severity::Error,
    summary: "`apt-get install` without `-y`",
    explanation: "\
`apt-get` asks before it installs what a package depends on. Nobody can answer in a build, and the
step fails.",
    bad: "\
VERSION 1.0
FROM debian:12
build:
    RUN apt-get update && apt-get install curl
",
    good: "\
VERSION 1.0
FROM debian:12
build:
    RUN apt-get update && apt-get install -y curl
",
};

pub(super) const COPY_BEFORE_INSTALL: Lint = Lint {
    code: "copy-before-install",
    severity: Severity::Warning,
    summary: "dependencies are installed after all files were copied",
    explanation: "\
The step that installs dependencies runs again whenever any file changes, though only the files that
list the dependencies matter to it. Copy these first, install, then copy the rest. Steps with a
cache directory are not looked at: they keep what they have fetched.",
    bad: "\
VERSION 1.0
FROM node:22
build:
    COPY . .
    RUN npm ci
    RUN npm run build
",
    good: "\
VERSION 1.0
FROM node:22
build:
    COPY package.json package-lock.json ./
    RUN npm ci
    COPY . .
    RUN npm run build
",
};

pub(super) const EXPOSED_SECRET: Lint = Lint {
    code: "exposed-secret",
    severity: Severity::Error,
    summary: "a secret in `ARG` or `ENV`",
    explanation: "\
Values of `ENV` are in the image for everybody to read. Values of `ARG` are on command lines and in
the engine's records. Declare a secret where it is needed, with `RUN --secret NAME`, and give it with
`rbuild --secret NAME`.",
    bad: "\
VERSION 1.0
FROM alpine:3.20
build:
    ENV API_TOKEN=123456
    RUN wget --header=\"Authorization: $API_TOKEN\" example.com/file
",
    good: "\
VERSION 1.0
FROM alpine:3.20
build:
    RUN --secret API_TOKEN wget --header=\"Authorization: $API_TOKEN\" example.com/file
",
};

pub(super) const LATEST_IMAGE: Lint = Lint {
    code: "latest-image",
    severity: Severity::Warning,
    summary: "an image without a tag, or `latest`",
    explanation: "\
What `latest` means changes without notice, so that a build that worked yesterday fails today, and
differs from machine to machine. Name a version, or a digest.",
    bad: "\
VERSION 1.0
FROM node
build:
    RUN node --version
",
    good: "\
VERSION 1.0
FROM node:22
build:
    RUN node --version
",
};

pub(super) const LOST_SHELL_STATE: Lint = Lint {
    code: "lost-shell-state",
    severity: Severity::Error,
    summary: "a `RUN` that changes nothing but its own shell",
    explanation: "\
Each `RUN` has a shell of its own: a directory that it changes to, or a variable that it exports, is
gone when it ends. Use `WORKDIR` and `ENV`, or do it in the `RUN` that needs it.",
    bad: "\
VERSION 1.0
FROM alpine:3.20
build:
    RUN cd /src
    RUN make
",
    good: "\
VERSION 1.0
FROM alpine:3.20
build:
    WORKDIR /src
    RUN make
",
};

pub(super) const MISSING_REQUIRED: Lint = Lint {
    code: "missing-required",
    severity: Severity::Warning,
    summary: "an argument that may be empty where that cannot work",
    explanation: "\
Without a value, the argument makes a name like `app:`, and the build fails in the middle with a
message about that name. `ARG --required` says at once what is missing; a default helps as well.",
    bad: "\
VERSION 1.0
FROM alpine:3.20
image:
    ARG TAG
    SAVE IMAGE example/app:$TAG
",
    good: "\
VERSION 1.0
FROM alpine:3.20
image:
    ARG --required TAG
    SAVE IMAGE example/app:$TAG
",
};

pub(super) const SHADOWED_ARG: Lint = Lint {
    code: "shadowed-arg",
    severity: Severity::Warning,
    summary: "an argument or variable with the name of a global argument",
    explanation: "\
The local one hides the global one: it has its own default, or is empty, and what the base recipe
says does not count. Remove it to use the global one, or give it another name.",
    bad: "\
VERSION 1.0
ARG --global RELEASE=stable
FROM alpine:3.20
build:
    ARG RELEASE
    RUN echo \"$RELEASE\"
",
    good: "\
VERSION 1.0
ARG --global RELEASE=stable
FROM alpine:3.20
build:
    RUN echo \"$RELEASE\"
",
};

pub(super) const SHARED_PACKAGE_CACHE: Lint = Lint {
    code: "shared-package-cache",
    severity: Severity::Error,
    summary: "a cache of a package manager that does not stand several users at once",
    explanation: "\
With `shared`, steps that run at the same time write to one directory. apt, dnf, Maven, Gradle and
the first Yarn do not expect that: they fail for a lock, or leave half-written files. Leave the
default, `locked`.",
    bad: "\
VERSION 1.0
FROM maven:3.9.9
build:
    CACHE --id m2 --sharing shared /root/.m2
    COPY pom.xml ./
    RUN mvn package
",
    good: "\
VERSION 1.0
FROM maven:3.9.9
build:
    CACHE --id m2 /root/.m2
    COPY pom.xml ./
    RUN mvn package
",
};

pub(super) const UNKNOWN_ARG: Lint = Lint {
    code: "unknown-arg",
    severity: Severity::Warning,
    summary: "an argument for a target or a function that has no such `ARG`",
    explanation: "\
The value goes nowhere, and the target is built with its default. Mostly the name is misspelt. Targets
whose name holds a variable are not looked at, nor are those that hand on what they are given
(`--pass-args`).",
    bad: "\
VERSION 1.0
FROM alpine:3.20
all:
    BUILD +image --vresion=2
image:
    ARG version=1
    RUN echo $version > /version
",
    good: "\
VERSION 1.0
FROM alpine:3.20
all:
    BUILD +image --version=2
image:
    ARG version=1
    RUN echo $version > /version
",
};

pub(super) const UNUSED_ALLOW: Lint = Lint {
    code: "unused-allow",
    severity: Severity::Warning,
    summary: "a comment that allows what is not there",
    explanation: "\
`# rbuild: allow(code)` stands above a command, above a target, or at the top of the file. Where
nothing of that code is found any more, remove it, lest it hides something later.",
    bad: "\
VERSION 1.0
# rbuild: allow(latest-image)
FROM alpine:3.20
build:
    RUN true
",
    good: "\
VERSION 1.0
FROM alpine:3.20
build:
    RUN true
",
};

pub(super) const UNUSED_ARG: Lint = Lint {
    code: "unused-arg",
    severity: Severity::Warning,
    summary: "an argument that nothing uses",
    explanation: "\
Whoever gives it a value expects something to happen. Often the name is misspelt in one of the two
places. Names in capitals are not looked at where a program that runs could read them from its
environment.",
    bad: "\
VERSION 1.0
FROM alpine:3.20
build:
    ARG greeting=hello
    RUN echo \"$greetings\"
",
    good: "\
VERSION 1.0
FROM alpine:3.20
build:
    ARG greeting=hello
    RUN echo \"$greeting\"
",
};

pub(super) const UNUSED_IMPORT: Lint = Lint {
    code: "unused-import",
    severity: Severity::Warning,
    summary: "an `IMPORT` that nothing uses",
    explanation: "\
The file is read, and fetched if it is far away, for nothing. Remove the `IMPORT`, or use its name in
a reference: `name+target`.",
    bad: "\
VERSION 1.0
IMPORT . AS lib
FROM alpine:3.20
build:
    RUN true
",
    good: "\
VERSION 1.0
IMPORT . AS lib
FROM alpine:3.20
all:
    BUILD lib+build
build:
    RUN true
",
};

pub(super) const VOLATILE_ARG: Lint = Lint {
    code: "volatile-arg",
    severity: Severity::Warning,
    summary: "an argument that changes with every commit, above steps that do not need it",
    explanation: "\
Every `RUN` behind an `ARG` sees its value, so none of them is taken from the cache when the value
changes. Declare such an argument directly above the first command that uses it.",
    bad: "\
VERSION 1.0
FROM alpine:3.20
build:
    ARG RBUILD_GIT_HASH
    RUN apk add curl
    RUN echo \"$RBUILD_GIT_HASH\" > /version
",
    good: "\
VERSION 1.0
FROM alpine:3.20
build:
    RUN apk add curl
    ARG RBUILD_GIT_HASH
    RUN echo \"$RBUILD_GIT_HASH\" > /version
",
};
