//! `.env`, `.arg` and `.secret`, and the options that they and variables can give.

use super::project::Project;

/// A target that says what it was given.
fn talkative() -> Project {
    Project::new().buildfile(
        "FROM busybox\nt:\n  ARG a=none\n  ARG b=none\n  RUN echo \"a is $a, b is $b\"; : %nonce%\n  SAVE IMAGE rbuild-test/%nonce%:t\n",
    )
}

#[test]
fn arguments_come_from_the_file_unless_they_are_typed() {
    let project = talkative().file(".arg", "# of all targets\na=\"1 # 1\"\nb=2\nother=3\n");
    let outcome = project.rbuild(["+t", "--b=typed"]).success();
    outcome.stderr_contains("a is 1 # 1, b is typed").stderr_lacks("has no effect");
    project.rbuild(["--build-arg", "a=option", "+t"]).success().stderr_contains("a is option, b is 2");
    project.write("others", "a=there\n");
    project.rbuild(["--arg-file-path", "others", "+t"]).success().stderr_contains("a is there, b is none");
    project.rbuild(["--arg-file-path", "missing", "+t"]).code(2).stderr_contains("cannot read missing");
}

#[test]
fn secrets_come_from_the_file_and_are_masked() {
    let project = Project::new().file(".secret", "TOKEN='hunter\n%nonce%'\n").buildfile(
        "FROM busybox\nt:\n  RUN --secret TOKEN echo \"$TOKEN\" | tee /dev/stderr | wc -l; exit 3; : %nonce%\n",
    );
    project.rbuild(["+t"]).code(1).stderr_lacks("hunter");
    let twice = project.rbuild(["--secret", "TOKEN=x", "+t"]).code(2);
    twice.stderr_contains("the secret `TOKEN` is given twice").stderr_lacks("hunter");
    project.write(".secret", "hunter\n");
    project.rbuild(["+t"]).code(2).stderr_contains(".secret: line 1: a `=` is expected").stderr_lacks("hunter");
}

#[test]
fn options_come_from_the_file_unless_the_environment_or_the_command_line_gives_them() {
    let project = talkative().file(".env", "EARTHLY_NO_OUTPUT=true\nRBUILD_BUILD_ARGS=a=1,b=2\nSTRANGE=1\n");
    let outcome = project.rbuild(["+t"]).success();
    outcome.stderr_contains("a is 1, b is 2").stderr_contains("`STRANGE` in .env has no effect");
    let image = project.fill("rbuild-test/%nonce%:t");
    assert!(project.engine().image(&image).is_none());
    let project = project.env("RBUILD_NO_OUTPUT", "false").env("EARTHLY_BUILD_ARGS", "b=environment");
    project.rbuild(["+t"]).success().stderr_contains("a is none, b is environment");
    assert!(project.engine().image(&image).is_some());
    project.rbuild(["--env-file-path=missing", "+t"]).code(2).stderr_contains("cannot read missing");
}

#[test]
fn what_the_file_has_for_other_programs_is_left_out() {
    let project = talkative().file(".env", "COMPOSE_PROFILES\nexport RBUILD_PROGRESS=json\nhunter 2=3\n");
    let note = ".env: line 1 is left out: a `=` is expected behind the name: `NAME=value`";
    let listed = project.rbuild(["ls", "--progress=plain"]).success();
    listed.stderr_contains(note).stderr_contains("line 3 is left out").stderr_lacks("hunter");
    project.rbuild(["ls", "nowhere"]).code(2).stderr_contains("\"event\":\"error\"");
    let named = project.rbuild(["ls", "--env-file-path", ".env"]).code(2);
    named.stderr_contains(".env: line 1: a `=` is expected behind the name");
}

/// A target that saves an image, a file by itself, and one that can be asked for.
fn saving() -> Project {
    Project::new().buildfile(
        "
FROM busybox
t:
  RUN echo %nonce% > /out
  SAVE ARTIFACT /out AS LOCAL saved
  SAVE ARTIFACT /out asked
  SAVE IMAGE rbuild-test/%nonce%:t
  BUILD +built
built:
  SAVE IMAGE rbuild-test/%nonce%:built
",
    )
}

#[test]
fn what_is_written_can_be_chosen() {
    for (options, expected) in [
        (&["+t"][..], (true, true, false)),
        (&["--ci", "+t"], (false, false, false)),
        (&["--ci", "--output", "+t"], (true, true, false)),
        (&["--image", "+t"], (true, false, false)),
        (&["--ci", "--image", "+t"], (true, false, false)),
        (&["-a", "+t/asked", "./asked"], (false, false, true)),
        (&["--ci", "--artifact", "+t/asked", "./asked"], (false, false, true)),
    ] {
        let project = saving();
        project.start_with(options).finish().success();
        let stored = |tag: &str| project.engine().image(&project.fill(&format!("rbuild-test/%nonce%:{tag}"))).is_some();
        let image = stored("t");
        assert_eq!(stored("built"), image && !options.contains(&"--image"), "{options:?}");
        let files = (project.read("saved").is_some(), project.read("asked").is_some());
        assert_eq!((image, files.0, files.1), expected, "{options:?}");
    }
    let project = saving();
    project.rbuild(["-a", "+t"]).code(2).stderr_contains("`+t` names no artifact");
    project.rbuild(["--image", "+t/asked"]).code(2).stderr_contains("`--image` writes no artifacts");
    project.rbuild(["--image", "--artifact", "+t/asked"]).code(2).stderr_contains("cannot be used with");
    project.rbuild(["--image", "--no-output", "+t"]).code(2).stderr_contains("cannot be used with");
}

#[test]
fn an_image_of_the_store_alone_is_not_found_where_the_registry_is_asked() {
    let project = saving().file("more/Buildfile", "FROM rbuild-test/%nonce%:t\nt:\n  RUN cat /out\n");
    project.rbuild(["+t"]).success();
    project.rbuild(["./more+t"]).success();
    project.rbuild(["--pull", "./more+t"]).code(1).stderr_contains("rbuild-test/");
}

#[test]
fn features_can_be_turned_on_in_every_file() {
    let project = Project::new().file("Earthfile", "VERSION 0.8\nt:\n  FROM busybox\n  TRY\n    RUN true\n  FINALLY\n    SAVE ARTIFACT --if-exists /x AS LOCAL ./x\n  END\n");
    project.rbuild(["plan", "+t"]).code(3).stderr_contains("--try");
    project.rbuild(["plan", "--version-flag-overrides", "try,wildcard-copy", "+t"]).success();
    project.rbuild(["plan", "--version-flag-overrides", "trry", "+t"]).code(2).stderr_contains("did you mean `try`?");
}
