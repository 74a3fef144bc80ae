//! `RUN --ssh`, with an agent of the test's own.

use super::engine::Engine;
use super::on_each_engine;
use super::project::Project;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

on_each_engine!(a_step_reaches_the_agent, a_step_without_an_agent_says_so, others_reach_the_agent_too);

/// An agent without keys: it answers the request for identities (RFC draft-miller-ssh-agent, 3.5), and counts.
fn agent(socket: &std::path::Path) -> Arc<AtomicUsize> {
    let listener = UnixListener::bind(socket).expect("a socket can be made");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let count = count.clone();
            thread::spawn(move || {
                let mut request = [0; 5];
                while stream.read_exact(&mut request).is_ok() && request == [0, 0, 0, 1, 11] {
                    count.fetch_add(1, Ordering::SeqCst);
                    // SSH_AGENT_IDENTITIES_ANSWER, none.
                    if stream.write_all(&[0, 0, 0, 5, 12, 0, 0, 0, 0]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    asked
}

/// A client for the step, since busybox has none: asks for identities, and prints how many bytes the answer has.
const CLIENT: &str = r#"
use std::io::{Read, Write};
fn main() {
    let socket = std::env::var("SSH_AUTH_SOCK").unwrap();
    let mut agent = std::os::unix::net::UnixStream::connect(socket).unwrap();
    for _ in 0..2 {
        agent.write_all(&[0, 0, 0, 1, 11]).unwrap();
        let mut answer = [0; 9];
        agent.read_exact(&mut answer).unwrap();
        println!("answer {answer:?}");
    }
    agent.shutdown(std::net::Shutdown::Write).unwrap();
    let rest = agent.read(&mut [0; 1]).unwrap();
    println!("end {rest}");
}
"#;

/// Compiles the client, without need of any library.
fn client(project: &Project) {
    project.write("client.rs", CLIENT);
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "-Ctarget-feature=+crt-static", "-Cpanic=abort", "-o"]);
    let output = rustc.arg(project.path("client")).arg(project.path("client.rs")).output().expect("cargo brings rustc");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const BUILDFILE: &str = r#"
FROM busybox
t:
  COPY client /bin/client
  USER nobody
  RUN --ssh test -S "$SSH_AUTH_SOCK" && client; : %nonce%
  RUN test -z "$SSH_AUTH_SOCK" && ! ls -A /dev | grep rbuild-ssh && echo gone
none:
  RUN --ssh echo ran %nonce%
"#;

fn a_step_reaches_the_agent(engine: Engine) {
    let project = Project::on(engine).buildfile(BUILDFILE);
    client(&project);
    let socket = tempfile::tempdir().expect("a directory can be made");
    let socket = socket.path().join("agent");
    let asked = agent(&socket);
    let args = ["--ssh-auth-sock", &socket.display().to_string(), "+t"];
    let outcome = project.rbuild(args).success();
    let answer = "answer [0, 0, 0, 5, 12, 0, 0, 0, 0]";
    assert_eq!(outcome.printed_by("+t"), [answer, answer, "end 0", "gone"], "{outcome}");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    // What is cached needs no agent.
    project.rbuild(["--progress=json", "+t"]).success().all_cached();
}

/// Conditions, lists, and the steps of Dockerfiles.
fn others_reach_the_agent_too(engine: Engine) {
    let project = Project::on(engine)
        .file(
            "Dockerfile",
            "FROM busybox\nCOPY client /bin/client\nRUN --mount=type=ssh client > /asked && echo %nonce% >> /asked\n",
        )
        .buildfile(
            r#"
FROM busybox
questions:
  COPY client /bin/client
  RUN : %nonce%
  IF --ssh client > /tmp/said && grep -q answer /tmp/said
    RUN echo yes
  END
  FOR --ssh word IN $(client > /tmp/said && head -n 1 /tmp/said | cut -d ' ' -f 1)
    RUN echo "list $word"
  END
file:
  FROM DOCKERFILE .
  RUN cat /asked
"#,
        );
    client(&project);
    let socket = tempfile::tempdir().expect("a directory can be made");
    let socket = socket.path().join("agent");
    let asked = agent(&socket);
    let project = project.env("SSH_AUTH_SOCK", &socket.display().to_string());
    let outcome = project.rbuild(["+questions"]).success();
    assert_eq!(outcome.printed_by("+questions"), ["yes", "list answer"], "{outcome}");
    let outcome = project.rbuild(["+file"]).success();
    let answer = "answer [0, 0, 0, 5, 12, 0, 0, 0, 0]";
    assert_eq!(outcome.printed_by("+file"), [answer, answer, "end 0", project.nonce()], "{outcome}");
    assert_eq!(asked.load(Ordering::SeqCst), 6);
}

fn a_step_without_an_agent_says_so(engine: Engine) {
    let project = Project::on(engine).buildfile(BUILDFILE);
    let outcome = project.rbuild(["+none"]).code(1);
    outcome
        .stderr_contains("the ssh agent cannot be used: `SSH_AUTH_SOCK` is not set")
        .stderr_contains("Buildfile:9")
        .stderr_lacks("| ran");
    let nobody = project.path("nobody").display().to_string();
    project.env("SSH_AUTH_SOCK", &nobody).rbuild(["+none"]).code(1).stderr_contains("nobody answers at");
}
