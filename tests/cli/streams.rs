//! Standard output and standard error that cannot be written to.

use super::project::Project;
use std::process::Stdio;

/// A pipe that nobody reads.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("pipes can be made");
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_that_is_gone_changes_no_exit_code() {
    let project = Project::new().file("Earthfile", "VERSION 0.8\n").buildfile("FROM busybox\nt:\n  RUN true\n");
    let exit = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        command.stdin(Stdio::null()).stdout(unread()).stderr(unread()).status().unwrap().code()
    };
    assert_eq!(exit(&["+missing"]), Some(2));
    assert_eq!(exit(&["--progress=json", "+missing"]), Some(2));
    assert_eq!(exit(&["--nonsense"]), Some(2));
    // The Earthfile beside the Buildfile is worth a note.
    assert_eq!(exit(&["plan", "+t"]), Some(0));
    assert_eq!(exit(&["completions", "bash"]), Some(0));
    assert_eq!(exit(&["man"]), Some(0));
}

#[test]
fn what_was_asked_for_and_cannot_be_written_is_a_fault() {
    let project = Project::new().buildfile("FROM busybox\nt:\n  RUN true\n");
    for arguments in [["ls", "--long"], ["plan", "+t"], ["completions", "bash"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = project.command(&arguments).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{arguments:?}: {said}");
        assert!(said.contains("cannot write to standard output: No space left on device"), "{said}");
    }
}
