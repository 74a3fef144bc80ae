//! The step's own process.

use super::container::Container;
use super::exec::exec;
use super::secret::Secrets;
use super::step::Process;
use crate::digest::VertexId;
use crate::engine::docker::Docker;
use crate::engine::{EngineError, Observer};
use bollard::models::ExecConfig;
use std::sync::Arc;

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
    let config = config(process, Secrets::of(process).command());
    let output = |stream, bytes: &[u8]| observer.output(vertex, stream, bytes);
    match exec(docker, &container.id, config, |_| async { Ok(()) }, output).await? {
        0 => Ok(()),
        code => Err(EngineError::Exit(code)),
    }
}

/// A process with the step's user, directory and variables.
pub(super) fn config(process: &Process, command: Vec<String>) -> ExecConfig {
    ExecConfig {
        cmd: Some(command),
        env: Some(process.env.iter().cloned().chain(MARKS.map(str::to_owned)).collect()),
        user: Some(process.user.clone()),
        working_dir: Some(process.workdir.clone()),
        privileged: Some(true),
        ..ExecConfig::default()
    }
}
