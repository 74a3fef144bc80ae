//! What signals end on this machine: commands of LOCALLY, their services, and git.

use super::project::Project;
use super::stopping::{processes, until_none};
use rustix::process::Signal;
use std::fs;
use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::time::{Duration, Instant};

/// A project whose builds have no engine to talk to.
fn alone(recipe: &str) -> Project {
    let target = format!("t:\n  LOCALLY\n{recipe}");
    Project::new().env("DOCKER_HOST", "unix:///nonexistent/docker.sock").buildfile(&target)
}

/// A project with a program that is found before all others.
fn with_program(project: Project, name: &str, script: &str) -> Project {
    let project = project.file(&format!("bin/{name}"), &format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(project.path(&format!("bin/{name}")), fs::Permissions::from_mode(0o755)).expect("is ours");
    let path = format!("{}:/usr/bin:/bin", project.path("bin").display());
    project.env("PATH", &path)
}

#[track_caller]
pub fn until_there(project: &Project, file: &str) {
    let began = Instant::now();
    while !project.path(file).exists() {
        assert!(began.elapsed() < Duration::from_secs(60), "`{file}` is never made");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_terminal_that_is_gone_ends_the_build() {
    let project = alone("  RUN echo begun; sh -c 'sleep 300; :' %nonce%\n");
    let mut running = project.start(["+t"]);
    running.wait_for("| begun");
    running.signal(Signal::HUP);
    running.finish().code(129);
    until_none("processes", || processes(project.nonce()));
}

#[test]
fn who_does_not_mind_that_the_terminal_is_gone_goes_on() {
    let project = alone("  RUN echo begun; until [ -e go ]; do sleep 0.05; done; echo done\n");
    // As `nohup` does it.
    let mut running = project.start_through(["sh", "-c", "trap '' HUP; exec \"$@\"", "nohup"], ["+t"]);
    running.wait_for("| begun");
    running.signal(Signal::HUP);
    project.write("go", "");
    running.finish().success().stderr_contains("| done");
}

#[test]
fn a_terminal_that_is_gone_is_no_second_signal() {
    let project = alone("  RUN trap 'sleep 1; : >tidied; exit' TERM; echo begun; while :; do sleep 0.05; done\n");
    let mut running = project.start(["+t"]);
    running.wait_for("| begun");
    for _ in 0..20 {
        running.signal(Signal::HUP);
        thread::sleep(Duration::from_millis(10));
    }
    running.finish().code(129);
    assert!(project.path("tidied").exists(), "it had its time");
}

#[test]
fn the_second_signal_kills_what_does_not_listen() {
    let project = alone(
        "  RUN trap ': >told' TERM; trap '' INT; (trap '' TERM; exec sh -c 'sleep 300; :' %nonce%) & echo begun; while :; do sleep 0.05; done\n",
    );
    let mut running = project.start(["+t"]);
    running.wait_for("| begun");
    running.signal(Signal::INT);
    until_there(&project, "told");
    running.signal(Signal::INT);
    running.finish().code(130);
    until_none("processes", || processes(project.nonce()));
}

#[test]
fn the_second_signal_ends_a_build_that_waits_for_its_services() {
    let project = Project::new().file("compose.yml", "services: {}");
    let docker =
        "for word; do case $word in down) echo x >>down; [ -e go ] || cat fifo; echo x >>down-ended;; esac; done";
    let project = with_program(project, "docker", docker).env("TOKIO_WORKER_THREADS", "1").buildfile(
        "
t:
  LOCALLY
  WITH DOCKER --compose compose.yml
    RUN mkfifo fifo; echo begun; sleep 300
  END
",
    );
    let mut running = project.start(["--allow-privileged", "+t"]);
    running.wait_for("| begun");
    running.signal(Signal::INT);
    until_there(&project, "down");
    running.signal(Signal::INT);
    running.finish().code(130);
    assert!(!project.path("down-ended").exists(), "nobody waited for it");
    // It was not given up either.
    fs::write(project.path("fifo"), "").expect("somebody reads it");
    until_there(&project, "down-ended");
}

/// A git server that never answers, and a project that takes `https://git.test/` to be there.
fn silent_server() -> (TcpListener, Project) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let server = format!("git://127.0.0.1:{}/", listener.local_addr().expect("is bound").port());
    let project = Project::new()
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", &format!("url.{server}.insteadOf"))
        .env("GIT_CONFIG_VALUE_0", "https://git.test/");
    (listener, project)
}

/// Returns when git has asked.
fn is_asked(listener: &TcpListener) -> TcpStream {
    let (mut client, _) = listener.accept().expect("git comes");
    client.read_exact(&mut [0; 4]).expect("git asks");
    client
}

#[test]
fn git_ends_with_the_build() {
    for buildfile in
        ["t:\n  FROM scratch\n  GIT CLONE https://git.test/org/lib.git lib\n", "t:\n  BUILD git.test/org/lib+t\n"]
    {
        let (listener, project) = silent_server();
        let project = project.buildfile(buildfile);
        let running = project.start(["+t"]);
        let mut client = is_asked(&listener);
        running.signal(Signal::TERM);
        running.finish().code(143);
        // The connection ends when nobody has it any more.
        client.set_read_timeout(Some(Duration::from_secs(20))).expect("is a socket");
        let ended = client.read_to_end(&mut Vec::new());
        assert!(ended.is_ok(), "{buildfile}{ended:?}");
    }
}

#[test]
fn git_is_asked_to_end_before_anything_runs() {
    // Its shell would tell of the `sleep` that has ended with it, when nobody listens any more.
    let git = "exec 2>/dev/null\ntrap ': >told; exit 1' TERM\ncase \"$*\" in *ls-remote*) : >begun; while :; do sleep 0.05; done;; esac";
    let project = with_program(Project::new(), "git", git).buildfile("t:\n  BUILD git.test/org/lib+t\n");
    let running = project.start(["+t"]);
    until_there(&project, "begun");
    running.signal(Signal::INT);
    running.finish().code(130);
    until_there(&project, "told");
}

#[test]
fn a_clone_is_nobody_elses_as_long_as_git_writes_to_it() {
    let (listener, project) = silent_server();
    let commit = "0123456789".repeat(4);
    let project = project.buildfile(&format!("t:\n  BUILD git.test/org/lib:{commit}+t\n"));
    let killed = project.start(["+t"]);
    let client = is_asked(&listener);
    killed.signal(Signal::KILL);
    assert_eq!(killed.finish().status.code(), None);
    // Nobody has ended its git.
    let mut next = project.start(["+t"]);
    next.wait_for("s for clone `git.test/org/lib`");
    drop(client);
    let _client = is_asked(&listener);
    next.signal(Signal::TERM);
    next.finish().code(143);
}
