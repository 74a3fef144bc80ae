VERSION 1.0
FROM gcc:14-bookworm
WORKDIR /src

# all checks and builds everything.
all:
    BUILD +test
    BUILD +build

# tools has what the compiler's image lacks.
tools:
    RUN apt-get update && apt-get install -y --no-install-recommends ccache cmake ninja-build

# code is compiled; ccache remembers what has not changed.
code:
    FROM +tools
    CACHE --id ccache --sharing shared /root/.cache/ccache
    COPY . .
    RUN cmake -G Ninja -B /build -D CMAKE_BUILD_TYPE=Release \
            -D CMAKE_C_COMPILER_LAUNCHER=ccache -D CMAKE_CXX_COMPILER_LAUNCHER=ccache && \
        cmake --build /build

# test runs the tests.
test:
    FROM +code
    RUN ctest --test-dir /build --output-on-failure

# build puts what is to be installed into out/.
build:
    FROM +code
    RUN cmake --install /build --prefix /out
    SAVE ARTIFACT /out AS LOCAL out
