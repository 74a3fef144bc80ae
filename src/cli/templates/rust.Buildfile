VERSION 1.0
FROM rust:1-slim-bookworm
WORKDIR /src

# all checks and builds everything.
all:
    BUILD +lint
    BUILD +test
    BUILD +build

# lint runs clippy and looks at the format.
lint:
    RUN rustup component add clippy rustfmt
    DO +CODE
    RUN cargo fmt --check
    RUN cargo clippy --all-targets -- -D warnings

# test runs the tests.
test:
    DO +CODE
    RUN cargo test

# build puts the programs into out/; a library has none.
build:
    DO +CODE
    RUN cargo build --release && mkdir /out && \
        find target/release -maxdepth 1 -type f -executable -exec cp {} /out/ ';'
    SAVE ARTIFACT --if-exists /out/* AS LOCAL out/

# CODE brings the source, and directories that cargo keeps between builds.
CODE:
    FUNCTION
    CACHE --id cargo-registry --sharing shared /usr/local/cargo/registry
    CACHE --id cargo-git --sharing shared /usr/local/cargo/git
    CACHE target
    COPY . .
