//! `FROM DOCKERFILE`: the engine translates the file, and its steps are ours.

use super::engine::Engine;
use super::on_each_engine;
use super::project::Project;

on_each_engine!(
    stages_arguments_and_configuration,
    a_context_that_another_target_makes,
    a_dockerfile_that_another_target_makes,
    a_failure_names_the_dockerfile_and_its_line,
    eight_stages_never_run_more_than_two_at_once,
);

fn image_of(engine: Engine, project: &Project, name: &str) -> serde_json::Value {
    engine.image(&project.fill(name)).expect("is stored")["Config"].clone()
}

fn stages_arguments_and_configuration(engine: Engine) {
    let project = Project::on(engine)
        .file(
            "app/Dockerfile",
            "# syntax=docker/dockerfile:1
FROM busybox AS build
ARG WORD=none
WORKDIR /src
COPY one.txt dir/ ./
RUN --mount=type=cache,target=/cache --mount=type=secret,id=word \\
    echo $WORD $(cat one.txt two.txt /run/secrets/word) %nonce% > /out; ls > /names
FROM busybox AS unused
RUN exit 9
FROM busybox
COPY --from=build --chown=7:8 /out /names /
ENV COLOUR=blue
USER nobody
ENTRYPOINT [\"/bin/cat\"]
CMD [\"/out\"]
",
        )
        .file("app/one.txt", "1")
        .file("app/dir/two.txt", "2")
        .file("app/dir/three.log", "3")
        .file("app/.dockerignore", "**/*.log\n")
        .buildfile(
            "
t:
  FROM DOCKERFILE app --WORD=hello
  RUN test $COLOUR-$(id -un) = blue-nobody
  SAVE IMAGE rbuild-test/%nonce%:docker
up-to:
  FROM DOCKERFILE --target=build -f app/Dockerfile ./app
  RUN echo $(pwd) $(ls) > /here
  SAVE IMAGE rbuild-test/%nonce%:stage
",
        );
    let run = project.rbuild(["--secret", "word=secret-%nonce%", "+t"]).success();
    assert!(run.stderr.contains("[build 4/4] RUN"), "{}", run.stderr);
    assert!(!run.stderr.contains("exit 9"), "a stage that is not needed does not run\n{}", run.stderr);
    let read = |name: &str, path: &str| engine.read(&project.fill(name), path).expect("is there");
    let out = read("rbuild-test/%nonce%:docker", "/out");
    assert_eq!(out.content, project.fill("hello 12secret-%nonce% %nonce%\n"));
    assert_eq!((out.uid, out.gid), (7, 8));
    assert_eq!(read("rbuild-test/%nonce%:docker", "/names").content, "one.txt\ntwo.txt\n");
    let config = image_of(engine, &project, "rbuild-test/%nonce%:docker");
    assert_eq!(config["Entrypoint"], serde_json::json!(["/bin/cat"]));
    assert_eq!(config["Cmd"], serde_json::json!(["/out"]));
    assert_eq!(config["User"], "nobody");
    let env = config["Env"].to_string();
    assert!(env.contains("COLOUR=blue") && env.contains("PATH="), "{env}");

    project.rbuild(["--secret", "word=x", "+up-to"]).success();
    assert_eq!(read("rbuild-test/%nonce%:stage", "/here").content, "/src one.txt two.txt\n");

    project.rbuild(["--secret", "word=secret-%nonce%", "+t"]).success().stderr_contains("7 steps, 7 cached");
    project.write("app/one.txt", "one");
    project.rbuild(["--secret", "word=secret-%nonce%", "+t"]).success();
    assert_eq!(read("rbuild-test/%nonce%:docker", "/out").content, project.fill("hello one2secret-%nonce% %nonce%\n"));
}

fn a_context_that_another_target_makes(engine: Engine) {
    let project = Project::on(engine)
        .file("outside/Dockerfile", "FROM busybox\nCOPY . /all/\nRUN cat /all/made > /copy\n")
        .buildfile(
            "
sources:
  FROM busybox
  ARG word=none
  RUN mkdir /src && echo $word %nonce% > /src/made
  SAVE ARTIFACT /src
t:
  FROM DOCKERFILE -f outside/Dockerfile +sources/src --word=given
  SAVE IMAGE rbuild-test/%nonce%:artifact
",
        );
    project.rbuild(["+t"]).success();
    let name = project.fill("rbuild-test/%nonce%:artifact");
    assert_eq!(engine.read(&name, "/copy").expect("is there").content, project.fill("given %nonce%\n"));
    assert!(engine.read(&name, "/all/src").is_none(), "the context is what the directory holds");
}

fn a_dockerfile_that_another_target_makes(engine: Engine) {
    let project = Project::on(engine).file("app/word", "%nonce%").buildfile(
        "
made:
  FROM busybox
  ARG of
  RUN mkdir /context && printf 'FROM busybox\nARG of\nCOPY word /word\nRUN echo made %s with $of > /out\n' $of > /context/Dockerfile
  RUN echo other %nonce% > /context/word
  SAVE ARTIFACT /context
  SAVE ARTIFACT /context/word
t:
  FROM DOCKERFILE -f +made/context/Dockerfile ./app --of=given
  RUN grep %nonce% /word
  SAVE IMAGE rbuild-test/%nonce%:local
both:
  FROM DOCKERFILE +made/context --of=both
  RUN grep \"other %nonce%\" /word
  SAVE IMAGE rbuild-test/%nonce%:both
none:
  FROM DOCKERFILE -f +made/context/Dockerfool ./app
not-one:
  FROM DOCKERFILE -f +made/word ./app
",
    );
    project.rbuild(["+t", "+both"]).success();
    let read = |name: &str| engine.read(&project.fill(name), "/out").expect("is there").content;
    assert!(read("rbuild-test/%nonce%:local").ends_with("with given\n"));
    assert_eq!(read("rbuild-test/%nonce%:both"), "made both with both\n");
    project.rbuild(["+none"]).code(1).stderr_contains("/context/Dockerfool");
    project.rbuild(["+not-one"]).code(3).stderr_contains("/word:1: unknown instruction: ");
}

fn a_failure_names_the_dockerfile_and_its_line(engine: Engine) {
    let project = Project::on(engine)
        .file("app/Dockerfile", "FROM busybox\n\nRUN echo before %nonce% && exit 3\n")
        .file("lacks/Dockerfile", "FROM busybox\nCOPY nothing-%nonce% /\n")
        .file("bad/Dockerfile", "FROM busybox\nRUNN x\n")
        .buildfile("t:\n  FROM DOCKERFILE app\nwrong:\n  FROM DOCKERFILE bad\nmissing:\n  FROM DOCKERFILE lacks\n");
    let failed = project.rbuild(["+t"]).code(1);
    assert!(failed.stderr.contains("app/Dockerfile:3"), "{}", failed.stderr);
    assert!(failed.stderr.contains("exit code 3") || failed.stderr.contains("code 3"), "{}", failed.stderr);
    let missing = project.rbuild(["+missing"]).code(1);
    assert!(missing.stderr.contains("lacks/Dockerfile:2"), "{}", missing.stderr);
    assert!(missing.stderr.contains("build context of `FROM DOCKERFILE`"), "{}", missing.stderr);
    let wrong = project.rbuild(["+wrong"]).code(3);
    assert!(wrong.stderr.contains("bad/Dockerfile:2: unknown instruction: RUNN"), "{}", wrong.stderr);
}

/// Each step is in the directory while it runs, and sees how many others are. The cache directory is shared by all of them.
fn eight_stages_never_run_more_than_two_at_once(engine: Engine) {
    let mut file = String::new();
    for stage in 0..8 {
        file += &format!(
            "FROM busybox AS s{stage}\nRUN --mount=type=cache,id=count-%nonce%,target=/count \\\n  \
             mkdir /count/{stage} && sleep 0.4 && ls /count | wc -l > /most && sleep 0.2 && rmdir /count/{stage}\n"
        );
    }
    file += "FROM busybox\n";
    for stage in 0..8 {
        file += &format!("COPY --from=s{stage} /most /most{stage}\n");
    }
    file += "RUN cat /most* | sort -n | tail -1 > /worst\n";
    let project = Project::on(engine)
        .file("Dockerfile", &file)
        .buildfile("t:\n  FROM DOCKERFILE .\n  SAVE IMAGE rbuild-test/%nonce%:stages\n");
    project.rbuild(["-j", "2", "+t"]).success();
    let worst = engine.read(&project.fill("rbuild-test/%nonce%:stages"), "/worst").expect("is there").content;
    assert_eq!(worst, "2\n", "two run at a time, and never more");
}
