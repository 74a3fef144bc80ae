VERSION 1.0
FROM golang:1-bookworm
WORKDIR /src

# all checks and builds everything.
all:
    BUILD +test
    BUILD +build

# test vets the code and runs the tests.
test:
    DO +CODE
    RUN go vet ./...
    RUN go test ./...

# build puts the programs into out/; a library has none.
build:
    DO +CODE
    ENV CGO_ENABLED=0
    RUN mkdir /out && go build ./... && \
        programs=$(go list -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' ./...) && \
        if [ -n "$programs" ]; then go build -o /out/ $programs; fi
    SAVE ARTIFACT --if-exists /out/* AS LOCAL out/

# CODE brings the source, and directories that go keeps between builds.
CODE:
    FUNCTION
    CACHE --id go-mod --sharing shared /go/pkg/mod
    CACHE --id go-build --sharing shared /root/.cache/go-build
    COPY . .
