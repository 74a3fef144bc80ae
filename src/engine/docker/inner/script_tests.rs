//! The scripts of a container, on directories that look like parts of one.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const PREPARE: &str = concat!(include_str!("made.sh"), include_str!("prepare.sh"));
const LEAVE: &str = concat!(include_str!("made.sh"), include_str!("leave.sh"));
const FIRST: &str = include_str!("pid1.sh");

/// Runs a function of a script with this directory as home.
fn call(script: &str, home: &Path, call: &str) -> String {
    let text = format!("{script}\nhome='{home}'\nboot='{home}/boot'\n{call}", home = home.display());
    let output = Command::new("/bin/sh").args(["-c", &text]).output().expect("a shell");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}

#[test]
fn processes_leave_the_root_group_of_cgroup_2() {
    let dir = tempfile::tempdir().expect("a directory");
    let (home, group) = (dir.path(), dir.path().join("group"));
    std::fs::create_dir(&group).expect("makes one");
    let leave = format!("leave_root_cgroup '{}'", group.display());
    call(PREPARE, home, &leave);
    assert!(!group.join("rbuild").exists(), "cgroup 1 stays as it is");
    for (file, text) in
        [("cgroup.controllers", "cpu io memory\n"), ("cgroup.procs", "1\n7\n"), ("cgroup.subtree_control", "")]
    {
        std::fs::write(group.join(file), text).expect("writes");
    }
    call(PREPARE, home, &leave);
    let moved = read(&group.join("rbuild/cgroup.procs"));
    assert!(moved.starts_with("1\n7\n"), "{moved}");
    assert_eq!(read(&group.join("cgroup.subtree_control")), "+cpu\n+io\n+memory\n");
}

#[test]
fn a_data_root_tells_what_its_last_user_left() {
    let dir = tempfile::tempdir().expect("a directory");
    let home = dir.path();
    std::fs::create_dir(home.join("data")).expect("makes one");
    let boots = |id: &str| std::fs::write(home.join("boot"), format!("{id}\n")).expect("writes");
    let open = || call(PREPARE, home, "open_root");
    boots("first");
    assert_eq!(open(), "root new\n");
    assert_eq!(open(), "root dirty\n");
    std::fs::write(home.join("data/docker/kept"), "").expect("writes");
    std::fs::remove_file(home.join("data/dirty")).expect("removes");
    assert_eq!(open(), "root clean\n");
    assert!(home.join("data/docker/kept").exists());
    boots("second");
    std::fs::write(home.join("data/images"), "").expect("writes");
    assert_eq!(open(), "root replaced\n");
    assert!(!home.join("data/docker/kept").exists() && !home.join("data/images").exists());
    assert_eq!(read(&home.join("data/dirty")), "second\n");
}

#[test]
fn a_directory_of_the_client_is_known_by_its_nonce() {
    let dir = tempfile::tempdir().expect("a directory");
    let home = dir.path();
    std::fs::create_dir(home.join("data")).expect("makes one");
    let fit = |nonce: &str| call(PREPARE, home, &format!("nonce={nonce}; is_fit || :"));
    let other = "unfit the engine sees another directory there\n";
    assert_eq!(fit(""), "", "a volume is fit");
    assert_eq!(fit("abc"), other);
    std::fs::write(home.join("data/nonce"), "abd\n").expect("writes");
    assert_eq!(fit("abc"), other);
    std::fs::write(home.join("data/nonce"), "abc\n").expect("writes");
    // Who runs the tests may not be allowed to mount.
    assert!(["", "unfit its file system takes no overlay\n"].contains(&&*fit("abc")));
    assert!(!home.join("data/probe").exists());
}

#[test]
fn only_what_was_made_is_taken_away() {
    let dir = tempfile::tempdir().expect("a directory");
    let home = dir.path();
    let at = |path: &str| home.join(path).display().to_string();
    std::fs::create_dir(home.join("there")).expect("makes one");
    call(PREPARE, home, &format!("make_directory '{}'; make_directory '{}'", at("there/a b/c"), at("full/d")));
    let stub = format!(
        ": >'{0}'; echo 'f {0}' >>\"$home/made\"; : >'{1}'; echo 'f {1}' >>\"$home/made\"",
        at("there/a b/c/stub"),
        at("full/written")
    );
    call(PREPARE, home, &stub);
    std::fs::write(home.join("full/written"), "by the step").expect("writes");
    std::fs::write(home.join("full/d/own"), "").expect("writes");
    call(LEAVE, home, "undo");
    assert!(home.join("there").exists() && !home.join("there/a b").exists());
    assert!(home.join("full/written").exists() && home.join("full/d/own").exists());
}

#[test]
fn the_first_process_does_what_it_is_told_until_its_input_ends() {
    let dir = tempfile::tempdir().expect("a directory");
    let home = dir.path().display().to_string();
    let script = FIRST.replace("home=/run/rbuild", &format!("home='{home}'"));
    assert_ne!(script, FIRST);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut shell = shell.spawn().expect("a shell");
    let requests = format!(
        "file 640 {home}/a file\n{}run 1\n{}run 2\n{}",
        super::super::text::encode(b"content\n\0."),
        super::super::text::encode(format!("cat '{home}/a file' | tr -d '\\000'; echo; exit 3").as_bytes()),
        super::super::text::encode(b"printf unended; echo oops >&2"),
    );
    let mut input = shell.stdin.take().expect("piped");
    input.write_all(requests.as_bytes()).expect("writes");
    drop(input);
    let output = shell.wait_with_output().expect("ends");
    let text = String::from_utf8(output.stdout).expect("text");
    let of = |id: &str| text.lines().filter(|line| line.split(' ').nth(1) == Some(id)).collect::<Vec<_>>();
    assert_eq!(of("1"), ["out 1 content", "out 1 .", "out 1 ", "end 1 3"]);
    assert_eq!(of("2"), ["out 2 unendedoops", "out 2 ", "end 2 0"].map(|line| line.trim_end_matches('\n')));
    assert_eq!(read(&dir.path().join("a file")), "content\n\0.");
    use std::os::unix::fs::MetadataExt as _;
    let mode = std::fs::metadata(dir.path().join("a file")).expect("is there").mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn the_peak_of_memory_is_told_on_either_cgroup() {
    let dir = tempfile::tempdir().expect("a directory");
    let (home, group) = (dir.path(), dir.path().join("group"));
    std::fs::create_dir_all(group.join("memory")).expect("makes one");
    let tell = || call(LEAVE, home, &format!("tell_memory '{}'", group.display()));
    assert_eq!(tell(), "", "nobody knows");
    std::fs::write(group.join("memory/memory.max_usage_in_bytes"), "1000\n").expect("writes");
    assert_eq!(tell(), "memory 1000\n");
    std::fs::write(group.join("memory.peak"), "2000\n").expect("writes");
    assert_eq!(tell(), "memory 2000\n");
}
