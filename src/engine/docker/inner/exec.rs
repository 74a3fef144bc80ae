//! Processes in a running container.

use crate::engine::EngineError;
use crate::engine::docker::Docker;
use crate::event::Stream;
use bollard::container::LogOutput;
use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use futures_util::StreamExt as _;
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::io::AsyncWrite;

/// Bytes of output that are taken at once.
const CHUNK: usize = 64 * 1024;

/// How long the engine may take to tell an exit code, and how often it is asked.
const TOLD: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);

/// What a process is fed with.
pub(super) type Input = Pin<Box<dyn AsyncWrite + Send>>;

/// Runs a process and gives its exit code. `feed` gets its standard input, open as long as it keeps it.
///
/// # Errors
/// What the engine says, and what `feed` says.
pub(super) async fn exec<F>(
    docker: &Docker,
    container: &str,
    config: ExecConfig,
    feed: impl FnOnce(Input) -> F,
    mut output: impl FnMut(Stream, &[u8]),
) -> Result<i32, EngineError>
where
    F: Future<Output = Result<(), EngineError>>,
{
    let fault = |error| docker.fault("run a process in the container of a WITH DOCKER step", &error);
    let config = ExecConfig { attach_stdout: Some(true), attach_stderr: Some(true), ..config };
    let created = docker.api.create_exec(container, config).await.map_err(fault)?;
    let options = StartExecOptions { output_capacity: Some(CHUNK), ..StartExecOptions::default() };
    let started = docker.api.start_exec(&created.id, Some(options)).await.map_err(fault)?;
    let StartExecResults::Attached { output: mut said, input } = started else {
        return Err(EngineError::Other("the engine gave no streams for a process".to_owned()));
    };
    let hearing = async {
        while let Some(frame) = said.next().await {
            match frame.map_err(fault)? {
                LogOutput::StdOut { message } => output(Stream::Stdout, &message),
                LogOutput::StdErr { message } => output(Stream::Stderr, &message),
                LogOutput::StdIn { .. } | LogOutput::Console { .. } => {}
            }
        }
        Ok::<(), EngineError>(())
    };
    // A process that has ended takes no more.
    let mut fed = Ok(());
    {
        let (mut feeding, mut hearing) = (pin!(feed(input)), pin!(hearing));
        let mut feeds = true;
        loop {
            tokio::select! {
                heard = &mut hearing => break heard?,
                done = &mut feeding, if feeds => (fed, feeds) = (done, false),
            }
        }
    }
    match (exit_code(docker, &created.id).await, fed) {
        // What a process that fails leaves of its input is not the fault.
        (Ok(0), Err(error)) => Err(error),
        (told, _) => told,
    }
}

/// The exit code of a process whose output has ended; the engine may know it a moment later.
///
/// # Errors
/// What the engine says, and that it does not tell.
pub(super) async fn exit_code(docker: &Docker, id: &str) -> Result<i32, EngineError> {
    let telling = async {
        loop {
            let ended = docker.api.inspect_exec(id).await;
            let ended = ended.map_err(|error| docker.fault("ask how a process ended", &error))?;
            match ended.exit_code {
                Some(code) if ended.running != Some(true) => return Ok(i32::try_from(code).unwrap_or(1)),
                _ => tokio::time::sleep(LOOK).await,
            }
        }
    };
    let untold = || Err(EngineError::Other("the engine does not tell how a process ended".to_owned()));
    tokio::time::timeout(TOLD, telling).await.unwrap_or_else(|_| untold())
}
