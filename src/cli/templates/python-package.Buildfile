VERSION 1.0
FROM python:3-slim-bookworm
WORKDIR /src

# all checks and builds everything.
all:
    BUILD +test
    BUILD +build

# deps has the packages: it runs again when the files that name them change.
deps:
    CACHE --id pip --sharing shared /root/.cache/pip
    COPY --if-exists requirements.txt requirements-dev.txt ./
    RUN pip install --root-user-action=ignore pytest && \
        for list in requirements*.txt; do [ ! -e "$list" ] || pip install --root-user-action=ignore -r "$list"; done

# code is the source with its packages.
code:
    FROM +deps
    COPY . .
    RUN pip install --root-user-action=ignore -e .

# test runs the tests.
test:
    FROM +code
    RUN python -m pytest

# build puts the wheel into dist/.
build:
    FROM +code
    RUN pip wheel --no-deps --wheel-dir /dist .
    SAVE ARTIFACT /dist/*.whl AS LOCAL dist/
