//! Engines behind `ssh://`, and those that Docker's contexts name. A script stands for `ssh`, and notes how it was called.

use super::project::Project;
use std::os::unix::fs::PermissionsExt as _;

/// A project for which `ssh` is this script.
fn with_ssh(script: &str) -> Project {
    let project =
        Project::new().file("bin/ssh", &format!("#!/bin/sh\necho \"$*\" >> \"${{0%/*}}/../calls\"\n{script}\n"));
    let ssh = project.path("bin/ssh");
    std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).expect("the script can be made executable");
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", ssh.parent().expect("it is in a directory").display());
    project.env("PATH", &path)
}

/// What runs over there, with the engine of the test.
fn bridge(engine: &str) -> String {
    format!("while [ \"$1\" != -- ]; do shift; done; shift 2\nDOCKER_HOST={engine} exec \"$@\"")
}

const FILE: &str = "FROM busybox\nt:\n  COPY here /there\n  RUN cat /there > /copy\n  SAVE ARTIFACT /copy AS LOCAL copy\n  SAVE IMAGE rbuild-test/%nonce%:far\n";

#[test]
fn a_build_goes_through_ssh() {
    let engine = Project::new().engine();
    let project = with_ssh(&bridge(&engine.host())).file("here", "%nonce%\n").buildfile(FILE);
    let outcome = project.rbuild(["--docker-host", "ssh://ann@far.example:2222", "+t"]).success();
    outcome.stderr_contains("at ssh://ann@far.example:2222");
    assert_eq!(project.read("copy").as_deref(), Some("%nonce%\n"));
    assert!(engine.image(&project.fill("rbuild-test/%nonce%:far")).is_some());
    let calls = project.read("calls").expect("ssh was called");
    let expected = "-l ann -p 2222 -- far.example docker system dial-stdio";
    assert!(calls.lines().all(|call| call.ends_with(expected)), "{calls}");
}

#[test]
fn what_ssh_says_is_told() {
    let project = with_ssh("echo 'far.example: no route' >&2; exit 255").buildfile("FROM busybox\nt:\n  RUN true\n");
    let outcome = project.rbuild(["--docker-host", "ssh://far.example", "+t"]).code(4);
    outcome.stderr_contains("ssh://far.example").stderr_contains("ssh: far.example: no route");
}

#[test]
fn a_context_names_the_engine() {
    let engine = Project::new().engine();
    let far = format!(r#"{{"Name":"far","Endpoints":{{"docker":{{"Host":"{}"}}}}}}"#, engine.host());
    // The SHA-256 of `far`.
    let meta = "docker/contexts/meta/512eea46ceb3921dff4363c7069d89d4964d1d9fccaa0f411851a7aa60a5c868/meta.json";
    let project = Project::new().file(meta, &far).buildfile("FROM busybox\nt:\n  RUN echo %nonce%\n");
    let config = project.path("docker").display().to_string();
    let project = project.env("DOCKER_HOST", "").env("DOCKER_CONFIG", &config).env("DOCKER_CONTEXT", "far");
    let outcome = project.rbuild(["+t"]).success();
    outcome.stderr_contains(&format!("at {}", engine.host()));
    let project = project.env("DOCKER_CONTEXT", "farther");
    project.rbuild(["+t"]).code(2).stderr_contains("there is no Docker context `farther`");
}
