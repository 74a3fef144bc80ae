//! How hosts of git are reached, as the user's settings file says.

use super::git_server::GitServer;
use super::project::Project;
use std::os::unix::fs::PermissionsExt as _;

/// A project with this settings file.
fn project(settings: &str) -> Project {
    let project = Project::new();
    project.write("config/rbuild/config.toml", settings);
    let config = project.path("config").display().to_string();
    project.env("XDG_CONFIG_HOME", &config)
}

fn library(server: &GitServer, data: &str) {
    let repository = server.repository("org/lib");
    let file = "VERSION 0.8\nFROM busybox\nmade:\n  COPY data.txt /\n  SAVE ARTIFACT /data.txt\n";
    repository.commit(&[("sub/Earthfile", file), ("sub/data.txt", data)]);
    repository.tag("v1");
}

const USES: &str = "
FROM busybox
t:
  COPY git.test/org/lib/sub:v1+made/data.txt .
  GIT CLONE --branch v1 https://git.test/org/lib.git /clone
  RUN cat data.txt /clone/sub/data.txt
";

/// Does as a server with sshd would: runs git's command, and notes how it was called.
const SSH: &str = r#"#!/bin/sh
[ "$1" = -G ] && exit 0
echo "$*" >> "${0%/*}/calls"
while [ $# -gt 1 ]; do shift; done
exec sh -c "git ${1#git-}"
"#;

#[test]
fn repositories_come_through_ssh() {
    let server = GitServer::new();
    let project = Project::new().file("bin/fake", SSH);
    let ssh = project.path("bin/fake");
    std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).expect("the script can be made executable");
    project.write(
        "config/rbuild/config.toml",
        &format!(
            "[git.\"git.test\"]\nauth = \"ssh\"\nport = 2222\nuser = \"me\"\nprefix = \"{}\"\nssh_command = \"{}\"\n",
            server.root().display(),
            ssh.display()
        ),
    );
    let config = project.path("config").display().to_string();
    let project = project.env("XDG_CONFIG_HOME", &config).buildfile(USES);
    library(&server, &project.fill("%nonce%\n"));
    let outcome = project.rbuild(["+t"]).success();
    assert_eq!(outcome.printed_by("+t"), [project.nonce(), project.nonce()], "{outcome}");
    let calls = project.read("bin/calls").expect("ssh was called");
    let expected = format!("-p 2222 me@git.test git-upload-pack '/{}/org/lib.git'", {
        let root = server.root().display().to_string();
        root.trim_start_matches('/').to_owned()
    });
    assert!(!calls.is_empty() && calls.lines().all(|call| call.ends_with(&expected)), "{calls}");
    assert_eq!(server.asked(), Vec::<String>::new());
}

#[test]
fn a_host_gets_its_login_and_its_port() {
    let server = GitServer::private("me", "secret-%word%");
    let project = project(&format!(
        "[git.\"127.0.0.1\"]\nauth = \"http\"\nport = {}\nuser = \"me\"\npassword = \"secret-%word%\"\n",
        server.port()
    ));
    let project = project.buildfile(&USES.replace("git.test", "127.0.0.1"));
    library(&server, &project.fill("%nonce%\n"));
    let outcome = project.rbuild(["+t"]).success();
    assert_eq!(outcome.printed_by("+t"), [project.nonce(), project.nonce()], "{outcome}");
    outcome.stderr_lacks("secret-%word%");
}

#[test]
fn patterns_and_substitutes_tell_where_a_repository_is() {
    let server = GitServer::new();
    let project = project(&format!(
        "[git.short]\npattern = 'short\\.test/([^/]+)'\nsubstitute = 'http://127.0.0.1:{}/org/$1.git'\n",
        server.port()
    ));
    let project =
        project.buildfile("FROM busybox\nt:\n  COPY short.test/lib/sub:v1+made/data.txt .\n  RUN cat data.txt\n");
    library(&server, &project.fill("%nonce%\n"));
    let outcome = project.rbuild(["+t"]).success();
    assert_eq!(outcome.printed_by("+t"), [project.nonce()], "{outcome}");
    outcome.stderr_contains("short.test/lib/sub:v1+made");
}

#[test]
fn a_wrong_setting_is_an_error_that_names_it() {
    let project = project("[git.\"git.test\"]\nprot = 22\n").buildfile("FROM busybox\nt:\n  RUN true\n");
    let outcome = project.rbuild(["plan", "+t"]).code(2);
    outcome
        .stderr_contains("config/rbuild/config.toml: `git.\"git.test\"` has no key `prot`")
        .stderr_contains("did you mean `port`?");
}
