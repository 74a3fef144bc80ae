VERSION 1.0
FROM eclipse-temurin:21-jdk
WORKDIR /src

# all checks and builds everything.
all:
    BUILD +test
    BUILD +build

# test runs the tests.
test:
    DO +CODE
    RUN ./gradlew --no-daemon check

# build puts the jars into out/.
build:
    DO +CODE
    RUN ./gradlew --no-daemon assemble
    SAVE ARTIFACT build/libs/*.jar AS LOCAL out/

# CODE brings the source, and the directory that Gradle keeps between builds.
CODE:
    FUNCTION
    CACHE --id gradle /root/.gradle
    COPY . .
