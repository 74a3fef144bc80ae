VERSION 1.0
FROM golang:1-bookworm
WORKDIR /src

# all checks and builds everything.
all:
    BUILD +test
    BUILD +build

# deps has the modules: it runs again when go.mod or go.sum change, not with every file.
deps:
    CACHE --id go-mod /go/pkg/mod
    CACHE --id go-build /root/.cache/go-build
    COPY go.mod ./
    COPY --if-exists go.sum ./
    RUN go mod download

# code is the source.
code:
    FROM +deps
    COPY . .

# test vets the code and runs the tests.
test:
    FROM +code
    RUN go vet ./...
    RUN go test ./...

# build puts the programs into out/.
build:
    FROM +code
    RUN mkdir /out && CGO_ENABLED=0 go build -o /out/ ./...
    SAVE ARTIFACT /out/* AS LOCAL out/
