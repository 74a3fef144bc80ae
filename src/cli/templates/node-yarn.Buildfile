VERSION 1.0
FROM node:22-bookworm-slim
WORKDIR /src

# all checks and builds everything.
all:
    BUILD +test
    BUILD +build

# deps has the packages: it runs again when package.json or its lock file change, not with every file.
deps:
    CACHE --id yarn /root/.cache/yarn
    RUN corepack enable
    COPY package.json yarn.lock ./
    COPY --if-exists .yarnrc .yarnrc.yml ./
    # Since yarn 2 the flag is --immutable.
    RUN yarn install --frozen-lockfile

# code is the source with its packages.
code:
    FROM +deps
    COPY . .

# test runs the tests.
test:
    FROM +code
    RUN yarn test

# build puts what `yarn build` makes into dist/.
build:
    FROM +code
    RUN if grep -q '"build":' package.json; then yarn run build; fi && mkdir -p dist
    SAVE ARTIFACT dist AS LOCAL dist
