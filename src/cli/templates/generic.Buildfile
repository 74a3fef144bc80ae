VERSION 1.0
FROM debian:bookworm-slim
WORKDIR /src

# all checks and builds everything.
all:
    BUILD +test
    BUILD +build

# build makes out/hello.txt.
build:
    # NAME is who is greeted.
    ARG NAME=world
    RUN echo "Hello, $NAME!" > hello.txt
    SAVE ARTIFACT hello.txt AS LOCAL out/hello.txt

# test looks at what build made.
test:
    COPY +build/hello.txt .
    RUN grep Hello hello.txt
