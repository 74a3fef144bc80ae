//! Processes in a running container.

use crate::engine::EngineError;
use crate::engine::docker::Docker;
use crate::event::Stream;
use bollard::container::LogOutput;
use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use futures_util::StreamExt as _;
use std::pin::{Pin, pin};
use tokio::io::AsyncWrite;

/// Bytes of output that are taken at once.
const CHUNK: usize = 64 * 1024;

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
    let ended = docker.api.inspect_exec(&created.id).await.map_err(fault)?;
    let code = ended.exit_code.and_then(|code| i32::try_from(code).ok());
    match (code, fed) {
        // What a process that fails leaves of its input is not the fault.
        (Some(code), _) if code != 0 => Ok(code),
        (_, Err(error)) => Err(error),
        (Some(code), Ok(())) => Ok(code),
        (None, Ok(())) => Err(EngineError::Other("the engine does not tell how a process ended".to_owned())),
    }
}
