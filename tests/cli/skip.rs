//! `--auto-skip`: nothing is done where nothing has changed.

use super::engine::{DOCKER_28, Engine, registry};
use super::git_server::GitServer;
use super::on_each_engine;
use super::outcome::Outcome;
use super::project::Project;
use std::fs;

on_each_engine!(what_is_there_is_not_built_again);

/// Builds `+t` or skips it, and tells which, and what was noted.
fn build(project: &Project, options: &[&str]) -> (bool, String) {
    let words = [&["--auto-skip", "--progress=json"], options, &["+t"]].concat();
    let outcome = project.start_with(&words).finish().success();
    let events = outcome.events();
    let steps = events.iter().any(|event| event["event"] == "step");
    let skipped: Vec<_> = events.iter().filter(|event| event["event"] == "skipped").collect();
    assert_eq!(skipped.len(), usize::from(!steps), "it is built, or it is skipped\n{outcome}");
    assert!(skipped.iter().all(|event| event["target"] == "+t"), "{outcome}");
    assert_eq!(events.last().expect("there are events")["event"], "finished", "{outcome}");
    (!steps, notes(&outcome))
}

fn notes(outcome: &Outcome) -> String {
    let events = outcome.events();
    let notes = events.iter().filter(|event| event["event"] == "note").filter_map(|event| event["text"].as_str());
    notes.collect::<Vec<_>>().join("\n")
}

fn skips(project: &Project) -> bool {
    build(project, &[]).0
}

/// Why it is not skipped.
fn why(project: &Project) -> String {
    let (skipped, notes) = build(project, &[]);
    assert!(!skipped);
    notes
}

fn what_is_there_is_not_built_again(engine: Engine) {
    let project = Project::on(engine).file("src/a", "%nonce%").file("beside", "").buildfile(
        "
VERSION 1.0
FROM busybox
ARG who=me
t:
  COPY src src
  RUN cat src/* > all && mkdir dir && cp all dir/x && chmod 600 dir/x
  SAVE ARTIFACT all AS LOCAL out/all
  SAVE ARTIFACT dir AS LOCAL out/
  SAVE IMAGE %nonce%:kept
",
    );
    assert_eq!(build(&project, &[]), (false, String::new()));
    assert_eq!(build(&project, &[]), (true, String::new()));
    project.rbuild(["--auto-skip", "+t"]).success().stderr_contains("+t: nothing changed since 2");
    assert!(!build(&project, &["--no-auto-skip"]).0);
    assert!(!build(&project, &["--build-arg", "who=you"]).0, "something else is asked for");
    project.write("beside", "x");
    assert!(skips(&project), "nothing reads it");
    project.write("src/a", "%nonce% changed");
    assert_eq!(why(&project), "not skipped: files in `.` have changed");
    assert!(skips(&project));
    fs::remove_file(project.path("out/all")).expect("it was written");
    assert_eq!(why(&project), "not skipped: `out/all` is gone");
    fs::write(project.path("out/dir/x"), "by hand").expect("it was written");
    assert_eq!(why(&project), "not skipped: `out/dir` is not as it was written");
    assert!(skips(&project));
    engine.remove_images(project.nonce());
    let gone = "is not in the engine's store any more";
    assert!(why(&project).contains(gone) && skips(&project));
    assert!(engine.image(&project.fill("%nonce%:kept")).is_some());
}

#[test]
fn whatever_a_build_finds_out_is_looked_at() {
    let buildfile = "
VERSION --wildcard-builds 0.8
FROM busybox
t:
  COPY choice .
  IF [ \"$(cat choice)\" = one ]
    COPY one/data .
  ELSE
    COPY two/data .
  END
  BUILD ./$(cat choice)+made
  BUILD ./parts/*+part
  BUILD +dockerfile
dockerfile:
  FROM DOCKERFILE docker
";
    let project = Project::new().buildfile(buildfile).file("choice", "one").file("one/data", "%nonce%");
    let project =
        project.file("docker/Dockerfile", "FROM busybox\nCOPY x /x\nRUN cat /x\n").file("docker/x", "%nonce%");
    let made = "VERSION 0.8\nFROM busybox\nmade:\n  RUN : %nonce%\npart:\n  RUN : %nonce%\n";
    let project = project.file("one/Buildfile", made).file("parts/a/Buildfile", made).file("two/data", "");
    assert!(!skips(&project) && skips(&project));
    project.write("two/data", "%nonce%");
    assert!(skips(&project), "the other branch was not taken");
    for (path, text, expected) in [
        ("one/data", "other", "files in `.` have changed"),
        ("one/Buildfile", &*format!("{made}  RUN true\n"), "the Buildfile in `one` has changed"),
        ("parts/b/Buildfile", made, "`./parts/*` means other directories"),
        ("docker/x", "other", "files in `docker` have changed"),
        ("docker/Dockerfile", "FROM busybox\nCOPY x /y\n", "`docker/Dockerfile` has changed"),
    ] {
        project.write(path, text);
        assert_eq!(build(&project, &[]), (false, format!("not skipped: {expected}")), "{path}");
        assert!(skips(&project), "{path}");
    }
}

#[test]
fn what_runs_in_every_build_is_never_skipped() {
    for (recipe, options, reason) in [
        ("LOCALLY\n  RUN echo here > here", &[][..], "not skipped: all of it runs on this machine"),
        (
            "RUN true\n  BUILD +here\nhere:\n  LOCALLY\n  RUN echo here > here",
            &[],
            "this cannot be skipped the next time: `RUN echo here > here` of +here runs on this machine",
        ),
        (
            "RUN --no-cache true",
            &[],
            "this cannot be skipped the next time: `RUN --no-cache true` of +t runs in every build",
        ),
        (
            "RUN --push true",
            &["--push"],
            "this cannot be skipped the next time: `RUN --push true` of +t runs in every build",
        ),
        (
            "WAIT\n  RUN --push true\n  END",
            &["--push"],
            "this cannot be skipped the next time: `RUN --push true` of +t runs in every build",
        ),
        (
            "COPY . .\n  RUN date > new\n  SAVE ARTIFACT new AS LOCAL new",
            &[],
            "this cannot be skipped the next time: files in `.` changed while they were built",
        ),
    ] {
        let project =
            Project::new().buildfile(&format!("VERSION 1.0\nFROM busybox\nt:\n  RUN : %nonce%\n  {recipe}\n"));
        for _ in 0..2 {
            let (skipped, notes) = build(&project, options);
            assert!(!skipped && notes.contains(reason), "{recipe}: {notes}");
        }
    }
}

#[test]
fn a_failure_leaves_no_record() {
    let project = Project::new().buildfile("VERSION 1.0\nFROM busybox\nt:\n  RUN : %nonce%; false\n");
    for _ in 0..2 {
        project.rbuild(["--auto-skip", "+t"]).code(1).stderr_lacks("skipped");
    }
}

#[test]
fn a_branch_that_moved_is_not_skipped() {
    let server = GitServer::new();
    let library = server.repository("org/lib");
    let buildfile = "VERSION 0.8\nFROM busybox\nx:\n  COPY data .\n";
    library.commit(&[("Earthfile", buildfile), ("data", "1 %nonce%")]);
    let project = server.env().iter().fold(Project::new(), |project, (name, value)| project.env(name, value)).buildfile(
        "VERSION 1.0\nFROM busybox\nt:\n  RUN : %nonce%\n  BUILD git.test/org/lib:main+x\n  GIT CLONE --branch main https://git.test/org/lib lib\n",
    );
    assert!(!skips(&project) && skips(&project));
    library.commit(&[("data", "2 %nonce%")]);
    assert!(why(&project).starts_with("not skipped: "));
    assert!(skips(&project));
}

#[test]
fn what_was_pushed_has_to_be_there() {
    let project = Project::new().buildfile(&format!(
        "VERSION 1.0\nFROM busybox\nt:\n  RUN : %nonce%\n  SAVE IMAGE --push {}/rbuild-test/%nonce%:skip\n",
        registry()
    ));
    let push = || build(&project, &["--push"]);
    assert_eq!((push(), push()), ((false, String::new()), (true, String::new())));
    assert!(!skips(&project), "nothing is pushed without the option, which is another thing to ask for");
    let other = project.checkout();
    other.write("Buildfile", &project.read("Buildfile").expect("is there").replace("RUN :", "RUN : other"));
    assert_eq!(build(&other, &["--push"]), (false, String::new()));
    let (skipped, notes) = push();
    assert!(!skipped && notes.contains("is not the one that was stored"), "{notes}");
}

#[test]
fn a_tag_that_moved_at_its_registry_is_not_skipped() {
    let base = format!("{}/rbuild-test/%nonce%:base", registry());
    let project = Project::new().buildfile(&format!(
        "VERSION 1.0\nmade:\n  FROM busybox\n  ARG content\n  RUN echo $content > /content\n  SAVE IMAGE --push {base}\n\
         t:\n  FROM {base}\n  RUN cat /content\n"
    ));
    for content in ["1", "2"] {
        project.rbuild(["--push", "+made", &format!("--content={content}")]).success();
        // What the store has is not looked for at the registry.
        project.engine().remove_images(project.nonce());
        let (skipped, notes) = build(&project, &[]);
        assert!(!skipped && (content == "1" || notes.contains("is another one now")), "{notes}");
        assert!(skips(&project));
    }
}

#[test]
fn records_may_be_elsewhere_and_damaged_ones_are_none() {
    let project = Project::new().file("file", "").buildfile("VERSION 1.0\nFROM busybox\nt:\n  RUN : %nonce%\n");
    let elsewhere = |project: &Project| build(project, &["--auto-skip-db-path", "records"]).0;
    assert!(!elsewhere(&project) && elsewhere(&project));
    for record in project.list("records") {
        fs::write(project.path("records").join(record), "{\"since\":").expect("can be written");
    }
    assert!(!elsewhere(&project) && elsewhere(&project));
    let refused = project.rbuild(["--auto-skip", "--auto-skip-db-path", "file", "+t"]).code(2);
    refused.stderr_contains("`--auto-skip-db-path` names file, which is no directory");
    project.rbuild(["--auto-skip", "--no-cache", "+t"]).success().stderr_contains("has no effect with `--no-cache`");
    let project = project.env("EARTHLY_AUTO_SKIP", "true");
    project.rbuild(["+t"]).success();
    project.rbuild(["+t"]).success().stderr_contains("nothing changed since");
    project.rbuild(["--no-auto-skip", "+t"]).success().stderr_lacks("nothing changed since");
    assert_eq!(project.engine().host(), DOCKER_28.host());
}
