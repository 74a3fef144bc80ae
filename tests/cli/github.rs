//! What a job of GitHub Actions is told.

use super::project::Project;

fn job(text: &str) -> Project {
    let project = Project::new().file("app/Buildfile", text).env("GITHUB_ACTIONS", "true").env("CI", "true");
    let workspace = project.path(".").display().to_string();
    let summary = project.path("summary.md").display().to_string();
    project.env("GITHUB_WORKSPACE", &workspace).env("GITHUB_STEP_SUMMARY", &summary)
}

#[test]
fn a_failing_step_is_a_group_and_an_annotation() {
    let project = job("FROM busybox\nt:\n  RUN echo one %nonce%; echo ::error::no; echo 100%; exit 3\n");
    let outcome = project.rbuild(["./app+t"]).code(1);
    let printed = project.fill("one %nonce%\n| ::error::no\n100%\n::endgroup::\n");
    let outcome = outcome
        .stderr_contains("\n::group::+t | RUN echo one")
        .stderr_contains(&printed)
        .stderr_contains("\n::error file=app/Buildfile,line=3,col=3,title=+t failed::RUN echo one")
        .stderr_contains(": exit code 3%0Aone ")
        .stderr_contains("100%25");
    assert_eq!(outcome.stderr.matches("\n::error").count(), 1, "{outcome}");
    let summary = project.read("summary.md").expect("the summary is written");
    assert!(summary.starts_with("### failed ./app+t in "), "{summary}");
    assert!(summary.contains("`+t` failed at `app/Buildfile:3:3`"), "{summary}");
}

#[test]
fn faults_are_annotations_and_can_be_turned_off() {
    let project = job("FROM busybox\nt:\n  RUNN make\n");
    let outcome = project.rbuild(["./app+t"]).code(3);
    outcome.stderr_contains("\n::error file=app/Buildfile,line=3,col=3,title=unknown-command::unknown command `RUNN`");
    let off = project.env("RBUILD_GITHUB_ANNOTATIONS", "0");
    off.rbuild(["./app+t"]).code(3).stderr_contains("RUNN").stderr_lacks("::error");
}

#[test]
fn programs_get_no_annotations() {
    let project = job("FROM busybox\nt:\n  RUN : %nonce%; exit 3\n");
    let outcome = project.rbuild(["--progress=json", "./app+t"]).code(1);
    assert!(outcome.events().len() > 3, "{outcome}");
}

#[test]
fn raw_output_is_for_the_job() {
    let text = "VERSION 1.0\nFROM busybox\nt:\n  RUN --raw-output --secret TOKEN echo ::notice::$TOKEN %nonce%\n";
    let project = job(text).env("TOKEN", "s3cret");
    let outcome = project.rbuild(["--secret", "TOKEN", "./app+t"]).success();
    outcome.stderr_contains(&project.fill("\n::notice::*** %nonce%\n")).stderr_lacks("::group::");
    let project = project.env("GITHUB_ACTIONS", "");
    let outcome = project.rbuild(["--no-cache", "--secret", "TOKEN", "./app+t"]).success();
    outcome.stderr_contains(&project.fill("\n::notice::*** %nonce%\n"));
}
