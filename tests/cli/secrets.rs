//! Secrets.

use super::engine::Engine;
use super::on_each_engine;
use super::project::Project;

on_each_engine!(
    a_secret_reaches_its_step_as_a_variable_and_as_a_file,
    a_secret_is_masked_in_the_log,
    a_secret_is_in_no_image_and_no_history,
    another_value_of_a_secret_runs_nothing_again,
);

fn a_secret_reaches_its_step_as_a_variable_and_as_a_file(engine: Engine) {
    let project = Project::on(engine).file("token.txt", "from a file").buildfile(
        r#"
FROM busybox
t:
  RUN --secret PASSWORD [ "$PASSWORD" = 'two words "%nonce%"' ] && [ ! -e /run/secrets/PASSWORD ] || echo "found $PASSWORD" | wc -c
  RUN --secret OTHER=token [ "$OTHER" = "from a file" ]
  RUN --mount=type=secret,id=token,target=/deep/file [ "$(cat /deep/file)" = "from a file" ] && : %nonce%
  RUN [ -z "$PASSWORD$OTHER" ] && [ ! -s /deep/file ] && [ ! -e /run/secrets/token ]
"#,
    );
    let secret = project.fill("PASSWORD=two words \"%nonce%\"");
    project.rbuild(["--secret", &secret, "--secret-file", "token=token.txt", "+t"]).success();
}

fn a_secret_is_masked_in_the_log(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "FROM busybox\nt:\n  RUN --secret TOKEN echo \"it is $TOKEN!\"; echo %nonce%; echo \"$TOKEN\" >&2; exit 3\n",
    );
    for progress in ["plain", "json"] {
        let outcome = project.rbuild(["--progress", progress, "--secret", "TOKEN=hunter-%nonce%", "+t"]).code(1);
        outcome.stderr_contains("it is ***!").stderr_lacks("hunter");
    }
}

fn a_secret_is_in_no_image_and_no_history(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM busybox
t:
  RUN --secret TOKEN echo ${#TOKEN} > /length; : %nonce%
  SAVE IMAGE rbuild-test/%nonce%:secret
",
    );
    project.rbuild(["--secret", "TOKEN=hunter-%nonce%", "+t"]).success().stderr_lacks("hunter");
    let image = project.fill("rbuild-test/%nonce%:secret");
    let length = project.fill("hunter-%nonce%").len();
    assert_eq!(engine.read(&image, "/length").expect("is there").content, format!("{length}\n"));
    let config = engine.image(&image).expect("is stored").to_string();
    assert!(!config.contains("hunter"), "{config}");
    assert!(!engine.history(&image).contains("hunter"));
    assert!(engine.read(&image, "/run/secrets/TOKEN").is_none());
}

fn another_value_of_a_secret_runs_nothing_again(engine: Engine) {
    let project =
        Project::on(engine).buildfile("FROM busybox\nt:\n  RUN --secret TOKEN echo \"$TOKEN\" | wc -c; : %nonce%\n");
    project.rbuild(["--secret", "TOKEN=one", "+t"]).success();
    project.rbuild(["--progress=json", "--secret", "TOKEN=another", "+t"]).success().all_cached();
}

#[test]
fn a_secret_comes_from_the_environment_when_it_has_no_value() {
    let project =
        Project::new().buildfile("FROM busybox\nt:\n  RUN --secret TOKEN [ \"$TOKEN\" = abc ] && : %nonce%\n");
    project.env("TOKEN", "abc").rbuild(["--secret", "TOKEN", "+t"]).success();
}

#[test]
fn a_secret_that_nobody_gave_is_named_with_its_line_before_its_step_runs() {
    let project = Project::new().buildfile("FROM busybox\nt:\n  RUN --secret TOKEN echo ran %nonce%\n");
    let outcome = project.rbuild(["+t"]).code(1);
    outcome
        .stderr_contains("TOKEN")
        .stderr_contains("Buildfile:3")
        .stderr_contains("--secret TOKEN")
        .stderr_lacks("| ran");
}

#[test]
fn an_optional_secret_is_none() {
    let project =
        Project::new().buildfile("FROM busybox\nt:\n  RUN --secret TOKEN= [ -z \"$TOKEN\" ] && echo none %nonce%\n");
    project.rbuild(["+t"]).success().stderr_contains("| none");
}

#[test]
fn a_secret_file_that_is_not_there_is_an_error_of_the_command_line() {
    let project = Project::new().buildfile("FROM busybox\nt:\n  RUN : %nonce%\n");
    project.rbuild(["--secret-file", "a=nowhere", "+t"]).code(2).stderr_contains("nowhere");
    project.rbuild(["--secret", "UNSET_VARIABLE", "+t"]).code(2).stderr_contains("UNSET_VARIABLE");
}

#[test]
fn a_secret_is_masked_in_faults_too() {
    let text = "VERSION 1.0\nt:\n  LOCALLY\n  LET name=$(printf 'hunter\"%s' 22)\n  BUILD \"$name\"\n";
    let project = Project::new().buildfile(text);
    let plain = project.rbuild(["--secret", "key=hunter\"22", "+t"]).code(3);
    plain.stderr_contains("`***`").stderr_lacks("hunter\"22");
    let json = project.rbuild(["--progress=json", "--secret", "key=hunter\"22", "+t"]).code(3);
    json.stderr_contains("`***`").stderr_lacks("hunter\\\"22");
}
