//! `ADD`: archives, files of servers, repositories.

use super::engine::Engine;
use super::file_server::FileServer;
use super::git_server::GitServer;
use super::on_each_engine;
use super::project::Project;
use std::process::Command;

on_each_engine!(archives_are_unpacked_and_files_copied, files_of_servers_are_fetched, a_wrong_checksum_is_an_error);

/// The SHA-256 of a text.
fn sha256(text: &str) -> String {
    rbuild::digest::Digest::of(text).to_string()
}

fn archive(project: &Project) -> Vec<u8> {
    project.write("packed/bin/tool", "tool %nonce%\n");
    let archive = project.path("tools.tar.gz");
    let mut tar = Command::new("tar");
    let made = tar.arg("-czf").arg(&archive).arg("-C").arg(project.path("packed")).arg(".").status();
    assert!(made.expect("tar is there").success());
    std::fs::read(archive).expect("is there")
}

fn archives_are_unpacked_and_files_copied(engine: Engine) {
    let project = Project::on(engine).file("plain", "plain %nonce%\n").file("notes/a.md", "x").file("notes/b.txt", "x");
    archive(&project);
    let project = project.buildfile(
        "
VERSION 1.0
FROM busybox
t:
  WORKDIR /w
  ADD tools.tar.gz /opt/
  ADD --unpack=false tools.tar.gz kept/
  ADD --chmod=0700 --chown=7:8 --exclude=*.md plain notes into/
  RUN cat /opt/bin/tool; ls kept into; stat -c '%a %u:%g' into/plain
",
    );
    let outcome = project.rbuild(["+t"]).success();
    let tool = project.fill("tool %nonce%");
    let expected = [tool.as_str(), "into:", "b.txt", "plain", "kept:", "tools.tar.gz", "700 7:8"];
    let printed: Vec<String> = outcome.printed_by("+t").iter().map(|line| line.trim().to_owned()).collect();
    let printed: Vec<&str> = printed.iter().map(String::as_str).filter(|line| !line.is_empty()).collect();
    assert_eq!(printed, expected, "{outcome}");
}

fn files_of_servers_are_fetched(engine: Engine) {
    let project = Project::on(engine);
    let text = project.fill("fetched %nonce%\n");
    let server = FileServer::new(&[("/v1/tool", text.as_bytes()), ("/tools.tar.gz", &archive(&project))]);
    let project = project.buildfile(&format!(
        "
VERSION 1.0
FROM busybox
t:
  ADD --checksum={} {} /bin/
  ADD --chmod=755 {} /bin/renamed
  ADD --unpack {} /opt/
  ADD {} /archives/
  RUN cat /bin/tool /bin/renamed /opt/bin/tool && stat -c '%a %Y' /bin/tool /bin/renamed && ls /archives
",
        sha256(&text),
        server.url("/v1/tool?token=1"),
        server.url("/v1/tool"),
        server.url("/tools.tar.gz"),
        server.url("/tools.tar.gz"),
    ));
    let outcome = project.rbuild(["+t"]).success();
    let (fetched, tool) = (project.fill("fetched %nonce%"), project.fill("tool %nonce%"));
    let expected = [&fetched, &fetched, &tool, "600 1587038400", "755 1587038400", "tools.tar.gz"];
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
    assert!(!server.asked().is_empty());
    // The server is asked again, and what depends on its answer is cached.
    project.rbuild(["+t"]).success().stderr_contains("*cached* --> RUN cat /bin/tool");
}

fn a_wrong_checksum_is_an_error(engine: Engine) {
    let project = Project::on(engine);
    let server = FileServer::new(&[("/tool", project.nonce().as_bytes())]);
    let project = project.buildfile(&format!(
        "VERSION 1.0\nFROM busybox\nt:\n  ADD --checksum={} {} /\nmissing:\n  ADD {} /\n",
        sha256("another"),
        server.url("/tool"),
        server.url("/none"),
    ));
    let outcome = project.rbuild(["+t"]).code(1);
    outcome.stderr_contains("digest mismatch").stderr_contains("Buildfile:4");
    project.rbuild(["+missing"]).code(1).stderr_contains("404").stderr_contains("Buildfile:6");
}

#[test]
fn repositories_are_added_without_their_history() {
    let server = GitServer::new();
    let project = server.env().iter().fold(Project::new(), |project, (name, value)| project.env(name, value));
    let repository = server.repository("org/data");
    let commit = repository.commit(&[("top", "t\n"), ("sub/dir/file", &project.fill("%nonce%\n"))]);
    repository.tag("v1");
    let project = project.buildfile(&format!(
        "
VERSION 1.0
FROM busybox
t:
  ADD --checksum={commit} https://git.test/org/data.git#v1 /all
  ADD https://git.test/org/data.git#v1:sub /part
  ADD --keep-git-dir https://git.test/org/data.git /whole/
  RUN find /all /part -type f | sort && cat /part/dir/file && test -d /whole/.git
moved:
  ADD --checksum={} https://git.test/org/data.git#v1 /all
",
        "0".repeat(40)
    ));
    let outcome = project.rbuild(["+t"]).success();
    let expected = ["/all/sub/dir/file", "/all/top", "/part/dir/file", project.nonce()];
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
    project
        .rbuild(["+moved"])
        .code(3)
        .stderr_contains(&format!("is at commit {commit}"))
        .stderr_contains("Buildfile:10");
}
