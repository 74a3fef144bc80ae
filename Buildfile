VERSION 1.0

# rbuild builds itself: `rbuild +all`. Nothing but Docker and a registry is needed; the tests that need real engines are
# run by scripts/test.
FROM rust:1-bookworm
WORKDIR /src

# all lints, tests and builds.
all:
    BUILD +lint
    BUILD +test
    BUILD +build

# source is what cargo needs, with the tools that check it.
source:
    RUN rustup component add clippy rustfmt
    COPY Cargo.toml Cargo.lock rustfmt.toml clippy.toml ./
    COPY --dir src grammar ./
    COPY --if-exists --dir tests benches stdlib-examples ./

# lint checks the format and asks clippy.
lint:
    FROM +source
    CACHE --sharing shared --id rbuild-cargo-registry /usr/local/cargo/registry
    CACHE --sharing locked --id rbuild-target-lint target
    RUN cargo fmt --check
    RUN cargo clippy --all-targets --locked -- -D warnings

# test runs the tests that need no engine.
test:
    FROM +source
    CACHE --sharing shared --id rbuild-cargo-registry /usr/local/cargo/registry
    CACHE --sharing locked --id rbuild-target-test target
    RUN cargo test --locked --lib

# build writes the optimised program to out/rbuild.
build:
    FROM +source
    CACHE --sharing shared --id rbuild-cargo-registry /usr/local/cargo/registry
    CACHE --sharing locked --id rbuild-target-build target
    RUN cargo build --release --locked && mkdir -p /out && cp target/release/rbuild /out/rbuild # a cache is no part of the result
    SAVE ARTIFACT /out/rbuild AS LOCAL out/rbuild
