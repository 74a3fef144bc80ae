VERSION 1.0
FROM python:3-slim-bookworm
WORKDIR /src

# all checks and builds everything.
all:
    BUILD +test
    BUILD +image

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

# test runs the tests.
test:
    FROM +code
    RUN python -m pytest

# image is the program, ready to run.
image:
    FROM +code
    # tag is the image's tag.
    ARG tag=dev
    # Put the name of your program here.
    CMD ["python", "main.py"]
    SAVE IMAGE app:$tag
