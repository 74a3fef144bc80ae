VERSION 1.0
FROM eclipse-temurin:21-jdk
WORKDIR /src

# all checks and builds everything.
all:
    BUILD +test
    BUILD +build

# code is the source, with the directory that Gradle keeps between builds.
code:
    CACHE --id gradle /root/.gradle
    COPY . .

# test runs the tests.
test:
    FROM +code
    RUN ./gradlew --no-daemon check

# build puts the jars into out/.
build:
    FROM +code
    RUN ./gradlew --no-daemon assemble
    SAVE ARTIFACT build/libs/*.jar AS LOCAL out/
