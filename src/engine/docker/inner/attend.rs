//! Processes of a running container that somebody works with.

use super::exec::exit_code;
use crate::engine::docker::{Docker, Wire, open};
use crate::engine::{Console, EngineError};
use bollard::models::ExecConfig;
use bollard::query_parameters::ResizeExecOptionsBuilder;
use std::pin::pin;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};

/// Bytes that are read at once.
const PIECE: usize = 16 * 1024;
/// The keys that make the engine let go of a process; it would hold back the first of them each time. Nobody types these.
const LET_GO: &str = "ctrl-^,ctrl-^,ctrl-^,ctrl-^,ctrl-^";
/// What a terminal takes for the end of the input.
const END: &[u8] = b"\x04";

/// Lets somebody work with a process, which gets a terminal, and gives its exit code.
///
/// # Errors
/// What the engine says.
pub(super) async fn attend(
    docker: &Docker,
    container: &str,
    config: ExecConfig,
    console: Console,
) -> Result<i32, EngineError> {
    let Console { input, output, errors: _, terminal, held } = console;
    let fault = |error| docker.fault("run a process that somebody works with", &error);
    let (size, kind) = terminal.map_or((None, None), |terminal| (Some(terminal.size), terminal.kind));
    let mut env = config.env.unwrap_or_default();
    if let Some(kind) = kind
        && !env.iter().any(|pair| pair.starts_with("TERM="))
    {
        env.push(format!("TERM={kind}"));
    }
    let config = ExecConfig {
        env: Some(env),
        tty: Some(true),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        detach_keys: Some(LET_GO.to_owned()),
        ..config
    };
    let created = docker.api.create_exec(container, config).await.map_err(fault)?;
    let (said, typed) = tokio::io::split(start(docker, &created.id).await?);
    {
        let mut hearing = pin!(hear(said, output));
        let mut typing = pin!(type_in(typed, input));
        let mut sizing = pin!(resize(docker, &created.id, size));
        let (mut types, mut sizes) = (true, true);
        loop {
            tokio::select! {
                () = &mut hearing => break,
                () = &mut typing, if types => types = false,
                () = &mut sizing, if sizes => sizes = false,
            }
        }
    }
    drop(held);
    exit_code(docker, &created.id).await
}

/// Starts the process. Its terminal's bytes come as they are; the API's client would look for frames in them.
async fn start(docker: &Docker, id: &str) -> Result<Wire, EngineError> {
    let path = format!("/v{}/exec/{id}/start", docker.api_version());
    open(docker.address(), &path, "tcp", &[], r#"{"Detach":false,"Tty":true}"#).await
}

async fn hear(mut said: ReadHalf<Wire>, mut output: std::pin::Pin<Box<dyn tokio::io::AsyncWrite + Send>>) {
    let mut piece = vec![0; PIECE];
    while let Ok(length @ 1..) = said.read(&mut piece).await {
        // Who does not want to see the rest has no effect on the process.
        let _closed = output.write_all(&piece[..length]).await;
        let _closed = output.flush().await;
    }
}

async fn type_in(mut typed: WriteHalf<Wire>, mut input: mpsc::Receiver<Vec<u8>>) {
    while let Some(keys) = input.recv().await {
        if typed.write_all(&keys).await.is_err() || typed.flush().await.is_err() {
            return;
        }
    }
    let _ended = typed.write_all(END).await;
    let _ended = typed.flush().await;
    // The connection's end would be the process's.
    std::future::pending::<()>().await;
}

async fn resize(docker: &Docker, id: &str, size: Option<watch::Receiver<(u16, u16)>>) {
    let Some(mut size) = size else { return };
    size.mark_changed();
    while size.changed().await.is_ok() {
        let (rows, columns) = *size.borrow_and_update();
        if rows == 0 || columns == 0 {
            continue;
        }
        let options = ResizeExecOptionsBuilder::default().h(rows.into()).w(columns.into()).build();
        if let Err(error) = docker.api.resize_exec(id, options).await {
            tracing::debug!(%error, "the terminal keeps its size");
        }
    }
}
