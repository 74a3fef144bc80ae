VERSION 1.0
FROM alpine:3
WORKDIR /src

# all tests everything. Its steps start a Docker daemon of their own: `rbuild -P +all`
all:
    BUILD +test

# test starts the services of compose.yaml, and looks at them.
test:
    COPY . .
    WITH DOCKER --compose compose.yaml
        # Put your tests here.
        RUN docker compose -f compose.yaml ps
    END
