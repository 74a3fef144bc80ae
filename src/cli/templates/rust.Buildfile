VERSION 1.0
FROM rust:1-slim-bookworm
WORKDIR /src

# all checks and builds everything.
all:
    BUILD +lint
    BUILD +test
    BUILD +build

# code is the source, with the directories that cargo keeps between builds.
code:
    CACHE --id cargo-registry /usr/local/cargo/registry
    CACHE --id cargo-git /usr/local/cargo/git
    CACHE target
    COPY . .

# lint runs clippy and looks at the format.
lint:
    FROM +code
    RUN rustup component add clippy rustfmt
    RUN cargo fmt --check
    RUN cargo clippy --all-targets -- -D warnings

# test runs the tests.
test:
    FROM +code
    RUN cargo test

# build puts the programs into out/.
build:
    FROM +code
    RUN cargo build --release && mkdir /out && \
        find target/release -maxdepth 1 -type f -executable -exec cp {} /out/ ';'
    SAVE ARTIFACT /out/* AS LOCAL out/
