//! The step's own process.

use super::attend::attend;
use super::container::{Container, HOME};
use super::exec::exec;
use super::secret::Secrets;
use super::step::Process;
use crate::digest::VertexId;
use crate::engine::docker::Docker;
use crate::engine::{Console, EngineError, Observer};
use crate::graph::op::ExecCommand;
use crate::shell::{AGAIN, script, shell_with};
use bollard::models::ExecConfig;
use std::sync::Arc;
use tokio::io::AsyncWriteExt as _;

/// Variables that tell a process that it is in a `WITH DOCKER` step.
const MARKS: [&str; 2] = ["EARTHLY_WITH_DOCKER=1", "RBUILD_WITH_DOCKER=1"];

/// Runs it.
///
/// # Errors
/// [`EngineError::Exit`] when it ends with another code than 0; else what the engine says.
pub(super) async fn run(
    docker: &Docker,
    container: &Container,
    process: &Process,
    vertex: VertexId,
    observer: &Arc<dyn Observer>,
) -> Result<(), EngineError> {
    let config = beside_daemon(process, Secrets::of(process).command());
    let output = |stream, bytes: &[u8]| observer.output(vertex, stream, bytes);
    match exec(docker, &container.id, config, |_| async { Ok(()) }, output).await? {
        0 => Ok(()),
        code => Err(EngineError::Exit(code)),
    }
}

/// Opens a shell where it ran, beside its daemon.
///
/// # Errors
/// What the engine says.
pub(super) async fn open_shell(
    docker: &Docker,
    container: &Container,
    process: &Process,
    code: i32,
    mut console: Console,
) -> Result<(), EngineError> {
    let again = script(&process.workdir, &process.command.argv(""));
    let place = format!("{HOME}/again");
    container.control.must("make room for a script", &format!("mkdir -p -m 755 {place}")).await?;
    container.control.file(&format!("{place}/{AGAIN}"), 0o755, again.as_bytes()).await?;
    // The terminal is in raw mode.
    let told = format!(
        "it ended with exit code {code} again; this shell is beside its daemon: `{AGAIN}` runs it once more, `exit` ends the build\r\n"
    );
    let _closed = console.errors.write_all(told.as_bytes()).await;
    let _closed = console.errors.flush().await;
    let shell = ExecCommand::Shell(shell_with(&place));
    let config = beside_daemon(process, Secrets::of(process).before(&shell));
    attend(docker, &container.id, config, console).await.map(drop)
}

/// A process with the step's user, directory and variables.
pub(super) fn config(process: &Process, command: Vec<String>) -> ExecConfig {
    ExecConfig {
        cmd: Some(command),
        env: Some(process.env.clone()),
        user: Some(process.user.clone()),
        working_dir: Some(process.workdir.clone()),
        ..ExecConfig::default()
    }
}

/// The same beside a daemon.
pub(super) fn beside_daemon(process: &Process, command: Vec<String>) -> ExecConfig {
    let env = process.env.iter().cloned().chain(MARKS.map(str::to_owned));
    ExecConfig { env: Some(env.collect()), privileged: Some(true), ..config(process, command) }
}
