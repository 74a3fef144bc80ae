//! `RUN --ssh`, with an agent of the test's own.

use super::engine::Engine;
use super::on_each_engine;
use super::project::Project;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

on_each_engine!(a_step_reaches_the_agent, a_step_without_an_agent_says_so);

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

const BUILDFILE: &str = r#"
FROM busybox
t:
  USER nobody
  RUN --ssh test -S "$SSH_AUTH_SOCK" && printf '\000\000\000\001\013' | timeout 5 nc local:$SSH_AUTH_SOCK | head -c 9 | od -An -tx1; : %nonce%
  RUN test -z "$SSH_AUTH_SOCK" && ls -A /dev | grep -c rbuild-ssh || echo gone
"#;

fn a_step_reaches_the_agent(engine: Engine) {
    let project = Project::on(engine).buildfile(BUILDFILE);
    let socket = tempfile::tempdir().expect("a directory can be made");
    let socket = socket.path().join("agent");
    let asked = agent(&socket);
    let outcome = project.rbuild(["--ssh-auth-sock", &socket.display().to_string(), "+t"]).success();
    let printed = outcome.printed_by("+t");
    assert_eq!((printed.len(), asked.load(Ordering::SeqCst)), (2, 1), "{outcome}");
}

fn a_step_without_an_agent_says_so(engine: Engine) {
    let project = Project::on(engine).buildfile(BUILDFILE);
    project.rbuild(["+t"]).code(1).stderr_contains("the ssh agent cannot be used").stderr_contains("Buildfile:5");
    let nobody = project.path("nobody").display().to_string();
    project.env("SSH_AUTH_SOCK", &nobody).rbuild(["+t"]).code(1).stderr_contains("nobody answers at");
}
