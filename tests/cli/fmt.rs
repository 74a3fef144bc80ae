//! `rbuild fmt`.

use super::project::Project;
use insta::assert_snapshot;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

const UGLY: &str = "VERSION   1.0\r\nFROM busybox:latest\nbuild:\n  RUN echo a  &&   echo b\n\n\n  # the end\n";
const TIDY: &str = "VERSION 1.0\nFROM busybox:latest\n\nbuild:\n    RUN echo a && echo b\n\n    # the end\n";

#[test]
fn the_nearest_file_is_formatted_and_then_is_as_it_should_be() {
    let project = Project::new().buildfile(UGLY);
    fs::set_permissions(project.path("Buildfile"), fs::Permissions::from_mode(0o640)).expect("can be changed");
    let first = project.rbuild(["fmt"]).success();
    assert_eq!(first.report(), "exit 0\n--- stderr\nnote: Buildfile is formatted");
    assert_eq!(project.read("Buildfile").as_deref(), Some(TIDY));
    let mode = fs::metadata(project.path("Buildfile")).expect("is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(project.rbuild(["fmt"]).success().report(), "exit 0\n");
    assert_eq!(project.rbuild(["fmt", "--check"]).success().report(), "exit 0\n");
    assert_eq!(project.list(""), ["Buildfile"], "nothing else is left");
}

#[test]
fn check_shows_what_would_change_and_changes_nothing() {
    let project = Project::new().buildfile(UGLY).file("lib/Earthfile", "VERSION 0.8\nF:\n  FUNCTION\n");
    assert_snapshot!(project.rbuild(["fmt", "--check", ".", "lib/Earthfile"]).code(1).report());
    assert_eq!(project.read("Buildfile").as_deref(), Some(UGLY));
    let coloured = project.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "").rbuild(["fmt", "--check"]).code(1);
    assert!(coloured.stdout.contains("\x1b[32m+VERSION 1.0\x1b[0m"), "{coloured}");
}

#[test]
fn a_faulty_file_stays_as_it_is_and_its_errors_are_shown() {
    let wrong = "FROM busybox\nbuild:\n  RUNN   make\n";
    let project = Project::new().buildfile(wrong).file("good/Buildfile", UGLY);
    assert_snapshot!(project.rbuild(["fmt", ".", "good"]).code(3).report());
    assert_eq!(project.read("Buildfile").as_deref(), Some(wrong));
    assert_eq!(project.read("good/Buildfile").as_deref(), Some(TIDY), "the others are formatted");
    let project = project.file("latin/Buildfile", "");
    fs::write(project.path("latin/Buildfile"), b"# \xe4\n").expect("can be written");
    let _ended = project.rbuild(["fmt", "latin"]).code(3).stderr_contains("latin/Buildfile is not text in UTF-8");
    let _ended = project.rbuild(["fmt", "nowhere"]).code(2).stderr_contains("there is no Buildfile at nowhere");
}

#[test]
fn standard_input_is_formatted_to_standard_output() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rbuild"))
        .args(["fmt", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("rbuild starts");
    child.stdin.take().expect("is piped").write_all(UGLY.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), TIDY);
}
