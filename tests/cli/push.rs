//! What leaves this machine, to the registry under test.

use super::engine::{Engine, by_reference, in_registry, manifest, registry};
use super::on_each_engine;
use super::project::Project;

/// A project whose text may say `%registry%`.
fn project(buildfile: &str) -> Project {
    Project::new().buildfile(&buildfile.replace("%registry%", &registry()))
}

fn pushed(project: &Project, name: &str) -> bool {
    in_registry(&project.fill(name)).is_some()
}

const PUSHES: &str = "
FROM busybox
t:
  RUN echo %nonce% > /a
  SAVE IMAGE --push %registry%/rbuild-test/%nonce%:pushed
  SAVE IMAGE %registry%/rbuild-test/%nonce%:kept
";

#[test]
fn images_are_pushed_only_when_it_was_asked_for() {
    let project = project(PUSHES);
    project.rbuild(["+t"]).success().stderr_lacks("pushed (");
    assert!(!pushed(&project, "rbuild-test/%nonce%:pushed"));
    project.rbuild(["--push", "+t"]).success().stderr_contains("pushed (+t)");
    assert!(pushed(&project, "rbuild-test/%nonce%:pushed"));
    assert!(!pushed(&project, "rbuild-test/%nonce%:kept"), "without `--push` in the Buildfile an image stays here");
}

#[test]
fn the_option_may_stand_behind_the_target() {
    let project = project(PUSHES);
    project.rbuild(["+t", "--push"]).success();
    assert!(pushed(&project, "rbuild-test/%nonce%:pushed"));
}

#[test]
fn nothing_is_pushed_when_something_failed() {
    let project = project(&format!("{PUSHES}fails:\n  RUN : %nonce%; exit 1\nall:\n  BUILD +t\n  BUILD +fails\n"));
    project.rbuild(["--push", "+all"]).code(1);
    assert!(!pushed(&project, "rbuild-test/%nonce%:pushed"));
}

const PUSH_STEPS: &str = "
FROM busybox
t:
  RUN echo before %nonce%
  RUN --push echo pushing %nonce%
all:
  BUILD +t
  BUILD +fails
fails:
  RUN : %nonce%; sleep 1; exit 1
";

#[test]
fn push_steps_run_only_when_it_was_asked_for_and_each_time() {
    let project = project(PUSH_STEPS);
    project.rbuild(["+t"]).success().stderr_contains("| before").stderr_lacks("| pushing");
    for _ in 0..2 {
        project.rbuild(["--push", "+t"]).success().stderr_contains("| pushing").stderr_lacks("| before");
    }
}

#[test]
fn push_steps_run_after_everything_else_succeeded() {
    let project = project(PUSH_STEPS);
    project.rbuild(["--push", "+all"]).code(1).stderr_contains("| before").stderr_lacks("| pushing");
}

#[test]
fn before_0_7_pushes_are_a_last_phase_and_what_is_saved_behind_them_has_them() {
    let text = "VERSION 0.6
FROM busybox
t:
  RUN echo before %nonce% > /before
  SAVE ARTIFACT /before AS LOCAL before
  RUN --push echo pushing %nonce%; cp /before /pushed
  SAVE IMAGE --push %registry%/rbuild-test/%nonce%:old
";
    let project = Project::new().file("Earthfile", &text.replace("%registry%", &registry()));
    let name = format!("{}/{}", registry(), project.fill("rbuild-test/%nonce%:old"));
    project.rbuild(["+t"]).success().stderr_lacks("pushing");
    assert!(project.engine().read(&name, "/pushed").is_none());
    assert!(!pushed(&project, "rbuild-test/%nonce%:old"));
    let outcome = project.rbuild(["--push", "+t"]).success();
    let at = |text: &str| outcome.stderr.find(text).unwrap_or_else(|| panic!("does not say `{text}`:\n{outcome}"));
    assert!(at("saved ") < at("| pushing") && at("| pushing") < at("pushed ("), "{outcome}");
    assert!(project.engine().read(&name, "/pushed").is_some());
    assert!(pushed(&project, "rbuild-test/%nonce%:old"));
}

#[test]
fn a_registry_that_does_not_answer_fails_the_push_with_the_name() {
    let project = Project::new()
        .buildfile("FROM busybox\nt:\n  RUN : %nonce%\n  SAVE IMAGE --push 127.0.0.1:9/rbuild-test/%nonce%:x\n");
    let outcome = project.rbuild(["--push", "+t"]);
    assert!(matches!(outcome.status.code(), Some(1 | 4)), "{outcome}");
    outcome.stderr_contains(&project.fill("127.0.0.1:9/rbuild-test/%nonce%:x"));
}

#[test]
fn what_is_pushed_needs_no_output_on_this_machine() {
    for option in ["--ci", "--no-output"] {
        let project = project(PUSHES);
        project.rbuild([option, "--push", "+t"]).success().stderr_contains("pushed (+t)");
        assert!(pushed(&project, "rbuild-test/%nonce%:pushed"), "{option}");
    }
}

/// The index that the registry has under this name.
fn index(project: &Project, name: &str) -> serde_json::Value {
    serde_json::from_slice(&manifest(&project.fill(name)).expect("is in the registry").1).expect("is JSON")
}

fn one_name_for_several_platforms_becomes_an_index(engine: Engine) {
    let text = "
one:
  FROM scratch
  ARG TARGETARCH
  COPY file-$TARGETARCH /file
  SAVE IMAGE --push %registry%/rbuild-test/%nonce%:v1
t:
  BUILD --platform=linux/amd64 --platform=linux/arm64 +one
";
    let project = Project::on(engine)
        .file("file-amd64", "amd64 %nonce%")
        .file("file-arm64", "arm64 %nonce%")
        .buildfile(&text.replace("%registry%", &registry()));
    project.rbuild(["--push", "+t"]).success().stderr_contains("rbuild-test/").stderr_contains(":v1 pushed");
    let index = index(&project, "rbuild-test/%nonce%:v1");
    let manifests = index["manifests"].as_array().expect("is an index");
    let platforms: Vec<String> = manifests
        .iter()
        .map(|held| format!("{}/{}", held["platform"]["os"], held["platform"]["architecture"]).replace('"', ""))
        .collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    assert_ne!(manifests[0]["digest"], manifests[1]["digest"]);
    for (at, arch) in ["amd64", "arm64"].into_iter().enumerate() {
        let digest = manifests[at]["digest"].as_str().expect("is a digest");
        let (_, text) = by_reference(&project.fill("rbuild-test/%nonce%"), digest).expect("is in the registry");
        let image: serde_json::Value = serde_json::from_slice(&text).expect("is JSON");
        assert_eq!(manifests[at]["size"], text.len(), "{arch}");
        assert!(image["config"]["digest"].is_string(), "{image}");
    }
    // The engine has each under a name of its own, and the native one under the name itself.
    let name = |tag: &str| format!("{}/{}", registry(), project.fill(&format!("rbuild-test/%nonce%:{tag}")));
    assert_eq!(engine.image(&name("v1_linux_arm64")).expect("is stored")["Architecture"], "arm64");
    assert_eq!(engine.image(&name("v1")).expect("is stored")["Architecture"], "amd64");
}

on_each_engine!(one_name_for_several_platforms_becomes_an_index);
