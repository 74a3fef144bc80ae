VERSION 1.0
FROM maven:3-eclipse-temurin-21
WORKDIR /src

# all checks and builds everything.
all:
    BUILD +test
    BUILD +build

# test runs the tests.
test:
    DO +CODE
    RUN mvn --batch-mode --no-transfer-progress verify

# build puts the jars into out/.
build:
    DO +CODE
    RUN mvn --batch-mode --no-transfer-progress package -DskipTests
    SAVE ARTIFACT target/*.jar AS LOCAL out/

# CODE brings the source, and the directory that Maven keeps between builds.
CODE:
    FUNCTION
    CACHE --id maven /root/.m2
    COPY . .
