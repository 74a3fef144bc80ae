//! What goes wrong, how it is said, and how the process ends.

use super::project::Project;
use insta::assert_snapshot;

#[test]
fn five_mistakes_in_a_file_are_five_diagnostics() {
    let project = Project::new().buildfile(
        "FROM busybox\nbuild:\n  RUNN make\n  COPY a\n  BUILD +tset\n  RUN --pusj echo hi\ntest:\n  HEALTHCHECK --interval=soon CMD true\n",
    );
    assert_snapshot!(project.rbuild(["+build"]).code(3).report());
}

#[test]
fn what_is_not_utf8_is_refused_outside_of_comments() {
    let project = Project::new().buildfile("build:\n  FROM scratch\n");
    let text = b"VERSION 1.0\nFROM scratch\n# caf\xe9 and \xff\nbuild:\n  ENV X=\xe4\n  ENV Y=\xe4\n";
    std::fs::write(project.path("Buildfile"), text).unwrap();
    assert_snapshot!(project.rbuild(["+build"]).code(3).report());
    std::fs::write(project.path("Buildfile"), &text[..47]).unwrap();
    project.rbuild(["ls"]).success();
}

#[test]
fn a_failing_step_is_shown_with_its_line_and_its_output() {
    let project = Project::new()
        .buildfile(
            "FROM busybox\nbuild:\n  RUN echo ready\n  RUN echo compiling; echo oops; exit 7\n  RUN echo never\n",
        )
        .env("RBUILD_NO_CACHE", "true");
    assert_snapshot!(project.rbuild(["+build"]).code(1).report());
}

#[test]
fn a_missing_source_is_shown_with_its_line() {
    let project = Project::new().buildfile("build:\n  FROM scratch\n  COPY src/main.rs /src/\n");
    assert_snapshot!(project.rbuild(["+build"]).code(1).report());
}

#[test]
fn a_missing_secret_is_shown_with_its_line() {
    let project = Project::new().buildfile("FROM busybox\nbuild:\n  RUN --secret TOKEN echo %nonce%\n");
    assert_snapshot!(project.rbuild(["+build"]).code(1).report());
}

#[test]
fn an_unknown_target_is_a_usage_error_with_what_was_meant() {
    let project = Project::new().buildfile("FROM busybox\nbuild:\n  RUN make\n");
    assert_snapshot!(project.rbuild(["+biuld"]).code(2).report());
}

#[test]
fn without_an_engine_it_is_said_what_was_tried() {
    let project =
        Project::new().buildfile("FROM busybox\nbuild:\n  RUN make\n").env("DOCKER_HOST", "unix:///nowhere.sock");
    assert_snapshot!(project.rbuild(["+build"]).code(4).report());
}

#[test]
fn without_an_engine_programs_are_told_what_was_tried() {
    let project =
        Project::new().buildfile("FROM busybox\nbuild:\n  RUN make\n").env("DOCKER_HOST", "unix:///nowhere.sock");
    assert_snapshot!(project.rbuild(["--progress=json", "+build"]).code(4).report());
}

#[test]
fn a_failure_tells_how_the_build_came_to_it() {
    let project = Project::new()
        .buildfile(
            "VERSION 1.0\nIMPORT ./lib AS lib\nall:\n  BUILD +test\ntest:\n  FROM busybox\n  DO lib+CHECK --level=2\n",
        )
        .file("lib/Buildfile", "VERSION 1.0\nCHECK:\n  FUNCTION\n  ARG level\n  RUN echo %nonce%; exit 3\n");
    project.rbuild(["+all"]).code(1).stderr_contains("[lib/Buildfile:5:3]").stderr_contains(
        "reached from +all by\n  Buildfile:4:3  BUILD +test\n  Buildfile:7:3  DO lib+CHECK --level=2\n",
    );
}

#[test]
fn programs_are_told_of_faults_as_well() {
    let project = Project::new().buildfile("FROM busybox\nbuild:\n  RUNN make\n");
    let outcome = project.rbuild(["--progress=json", "+build"]).code(3);
    let events = outcome.events();
    assert_eq!(events.len(), 1, "{outcome}");
    assert_eq!(events[0]["event"], "diagnostic", "{outcome}");
    assert_eq!(events[0]["labels"][0]["location"]["line"], 3, "{outcome}");
    let project = project.buildfile("FROM busybox\nbuild:\n  RUN make\n");
    let outcome = project.rbuild(["--progress=json", "+biuld"]).code(2);
    assert_eq!(outcome.events()[0]["event"], "error", "{outcome}");
    let outcome = project.env("DOCKER_HOST", "unix:///nowhere.sock").rbuild(["--progress=json", "+build"]).code(4);
    assert_eq!(outcome.events()[0]["event"], "error", "{outcome}");
}

#[test]
fn without_a_buildfile_it_is_said_where_it_was_looked_for() {
    let project = Project::new();
    project.rbuild(["+build"]).code(2).stderr_contains("no Buildfile").stderr_contains("--file");
}

#[test]
fn an_image_that_is_nowhere_is_named_with_its_line() {
    // The first command's place depends on the image's configuration, the second's does not.
    for command in ["WORKDIR below", "RUN true"] {
        let project =
            Project::new().buildfile(&format!("build:\n  FROM 127.0.0.1:9/rbuild-test/%nonce%:none\n  {command}\n"));
        let outcome = project.rbuild(["+build"]).code(1);
        outcome
            .stderr_contains(&project.fill("image `127.0.0.1:9/rbuild-test/%nonce%:none`"))
            .stderr_contains("Buildfile:2:3");
        let outcome = project.rbuild(["--progress=json", "+build"]).code(1);
        let ends: Vec<_> = outcome.events().into_iter().filter(|event| event["event"] == "finished").collect();
        assert!(ends.len() == 1 && ends[0]["outcome"] == "failed", "{command}\n{outcome}");
    }
}

/// What evaluation finds while progress is shown: how it all ended is said last, to people and to programs.
#[test]
fn faults_stand_in_front_of_how_the_build_ended() {
    let project = Project::new()
        .buildfile("VERSION 0.8\nt:\n  LOCALLY\n  ARG name=$(echo nothing)\n  BUILD +$name\n  BUILD +u\nu:\n  LOCALLY\n  ARG --required x\n");
    let told = project.rbuild(["+t"]).code(3);
    let at = |text: &str| told.stderr.find(text).unwrap_or_else(|| panic!("no `{text}`: {told}"));
    assert!(at("+t | --> $(echo nothing)") < at("no target `+nothing`"), "{told}");
    assert!(at("no target `+nothing`") < at("failed +t in "), "{told}");
    let told = project.rbuild(["--progress=json", "+t"]).code(3);
    let kinds: Vec<_> = told.events().iter().map(|event| event["event"].as_str().map(str::to_owned)).collect();
    assert_eq!(kinds.last().and_then(Option::as_deref), Some("finished"), "{told}");
    assert!(kinds.contains(&Some("diagnostic".to_owned())), "{told}");
}

#[test]
fn targets_that_need_each_other_are_told_so() {
    let project = Project::new().buildfile("FROM busybox\na:\n  FROM +b\nb:\n  COPY +a/x .\n");
    project.rbuild(["+a"]).code(3).stderr_contains("+a").stderr_contains("+b");
}

#[test]
fn help_and_version_go_to_standard_output() {
    let project = Project::new();
    let outcome = project.rbuild(["--version"]).success();
    assert_eq!(outcome.stdout.trim(), format!("rbuild {}", env!("CARGO_PKG_VERSION")));
    let outcome = project.rbuild(["--help"]).success();
    assert!(outcome.stdout.contains("Usage:") && outcome.stderr.is_empty(), "{outcome}");
    project.rbuild(["--no-such-option"]).code(2).stderr_contains("--no-such-option");
}

#[test]
fn targets_are_listed_and_planned_without_an_engine() {
    let project = Project::new().env("DOCKER_HOST", "unix:///nowhere.sock").buildfile(
        "FROM busybox\n# builds it\nbuild:\n  COPY a.txt .\n  RUN make\ntest:\n  FROM +build\n  RUN make test\n",
    );
    let outcome = project.rbuild(["ls"]).success();
    assert_eq!(outcome.stdout, "+build  builds it\n+test\n", "{outcome}");
    let outcome = project.rbuild(["plan", "+test"]).success();
    assert!(outcome.stdout.contains("RUN make test") && outcome.stdout.contains("COPY a.txt ."), "{outcome}");
}

#[test]
fn options_may_stand_before_a_command_and_empty_variables_are_none() {
    let project = Project::new().buildfile("FROM busybox\nbuild:\n  RUN make\n");
    assert_eq!(project.rbuild(["--file", "Buildfile", "ls"]).success().stdout, "+build\n");
    let without = "`--max-parallelism` has no effect on `rbuild plan` without `--evaluate`";
    project.rbuild(["-j", "2", "plan", "+build"]).code(2).stderr_contains(without);
    project.rbuild(["-j2", "plan", "+build"]).code(2).stderr_contains(without);
    project.rbuild(["-fBuildfile", "plan", "+build", "-j2=x"]).success();
    let names = ["RBUILD_PROGRESS", "RBUILD_LOCK_TIMEOUT", "RBUILD_PUSH", "RBUILD_PLATFORM", "RBUILD_MAX_PARALLELISM"];
    let project = names.into_iter().fold(project, |project, name| project.env(name, ""));
    project.rbuild(["ls"]).success();
}

#[test]
fn an_artifact_that_is_asked_for_is_output() {
    let project = Project::new().buildfile("FROM busybox\nt:\n  RUN echo %nonce% > a\n  SAVE ARTIFACT a\n");
    project.rbuild(["--no-output", "+t/a"]).code(2).stderr_contains("--no-output");
    project.rbuild(["--ci", "+t/a", "here"]).success();
    assert_eq!(project.read("here").as_deref(), Some("%nonce%\n"));
}

#[test]
fn a_secret_without_a_name_is_not_repeated() {
    Project::new().rbuild(["--secret", "=hunter2", "+t"]).code(2).stderr_lacks("hunter2");
}

#[test]
fn a_program_for_another_platform_says_what_is_missing() {
    let project = Project::new()
        .file("program", "\u{7f}ELF is not what this is %nonce%")
        .buildfile("t:\n  FROM --platform=linux/s390x scratch\n  COPY --chmod=0755 program /\n  RUN [\"/program\"]\n");
    project
        .rbuild(["+t"])
        .code(1)
        .stderr_contains("cannot run programs for linux/s390x")
        .stderr_contains("--install s390x");
}
