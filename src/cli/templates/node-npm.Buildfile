VERSION 1.0
FROM node:22-bookworm-slim
WORKDIR /src

# all checks and builds everything.
all:
    BUILD +test
    BUILD +build

# deps has the packages: it runs again when package.json or its lock file change, not with every file.
deps:
    CACHE --id npm --sharing shared /root/.npm
    COPY package.json ./
    COPY --if-exists package-lock.json ./
    RUN if [ -e package-lock.json ]; then npm ci; else npm install; fi

# code is the source with its packages.
code:
    FROM +deps
    COPY . .

# test runs the tests.
test:
    FROM +code
    RUN npm test

# build puts what `npm run build` makes into dist/.
build:
    FROM +code
    RUN npm run build --if-present && mkdir -p dist
    SAVE ARTIFACT dist AS LOCAL dist
