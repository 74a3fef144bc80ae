VERSION 1.0
FROM node:22-bookworm-slim
WORKDIR /src

# all checks and builds everything.
all:
    BUILD +test
    BUILD +build

# deps has the packages: it runs again when package.json or its lock file change, not with every file.
deps:
    CACHE --id pnpm --sharing shared /root/.pnpm-store
    RUN corepack enable
    COPY package.json pnpm-lock.yaml ./
    COPY --if-exists pnpm-workspace.yaml .npmrc ./
    RUN pnpm install --frozen-lockfile --store-dir /root/.pnpm-store

# code is the source with its packages.
code:
    FROM +deps
    COPY . .

# test runs the tests.
test:
    FROM +code
    RUN pnpm test

# build puts what `pnpm build` makes into dist/.
build:
    FROM +code
    RUN pnpm run --if-present build && mkdir -p dist
    SAVE ARTIFACT dist AS LOCAL dist
