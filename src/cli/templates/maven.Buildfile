VERSION 1.0
FROM maven:3-eclipse-temurin-21
WORKDIR /src

# all checks and builds everything.
all:
    BUILD +test
    BUILD +build

# code is the source, with the directory that Maven keeps between builds.
code:
    CACHE --id maven /root/.m2
    COPY . .

# test runs the tests.
test:
    FROM +code
    RUN mvn --batch-mode --no-transfer-progress verify

# build puts the jars into out/.
build:
    FROM +code
    RUN mvn --batch-mode --no-transfer-progress package -DskipTests
    SAVE ARTIFACT target/*.jar AS LOCAL out/
