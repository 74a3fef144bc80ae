//! Processes that somebody works with: containers that are steered from here, in a build that is open as long as they are.
//!
//! BuildKit has such containers for its frontends (`NewContainer`, `ExecProcess`); they have the mounts of a step, caches and secrets
//! included, and end with the build, so with the client's connection.

use super::capabilities::{Capabilities, SECRET_ENV};
use super::driver::{BuildKit, images_of};
use super::gateway::{self, Gateway};
use super::lower::{Lowered, Lowering, container, platform};
use super::solve::Build;
use super::unique;
use crate::digest::VertexId;
use crate::engine::interactive;
use crate::engine::{Answer, Console, EngineError, Observer, Progress};
use crate::graph::op::{CacheSharing, MountKind};
use crate::graph::{Exec, Graph};
use bollard_buildkit_proto::google::rpc::Status as Fault;
use bollard_buildkit_proto::moby::buildkit::v1::frontend::exec_message::Input;
use bollard_buildkit_proto::moby::buildkit::v1::frontend::{
    ExecMessage, ExitMessage, FdMessage, InitMessage, NewContainerRequest, ReleaseContainerRequest, ResizeMessage,
};
use bollard_buildkit_proto::pb;
use futures_util::future::try_join_all;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{Notify, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

/// The process that somebody works with.
const PROCESS: &str = "process";
/// The first process of its container.
const GUARD: &str = "guard";
/// Ends with its standard input, and all processes of the container with it: old engines keep a container whose client is gone. Meanwhile
/// it buries processes that lost their parents.
const GUARDING: &str = "exec 3<&0; while read -r _ <&3; do :; done & wait \"$!\"";
/// What most processes begin with.
pub(super) const SHELL: &str = "/bin/sh";
/// What is said where there is nothing that could read commands.
pub(super) const NO_SHELL: &str = "there is no `/bin/sh` in the step's file system, so no shell can be opened in it";
/// What is said where caches are left out.
const WITHOUT: &str =
    "caches that are not shared are empty here: this old engine would keep them if rbuild were killed";
/// Messages on the way to the engine.
const AHEAD: usize = 16;

impl BuildKit {
    /// Runs a step that somebody works with.
    pub(super) async fn run_interactive(
        &self,
        graph: &Arc<Graph>,
        id: VertexId,
        exec: &Exec,
        observer: &Arc<dyn Observer>,
    ) -> Result<(), EngineError> {
        if observer.gate(id).await == Answer::Refuse {
            return Err(EngineError::Refused);
        }
        observer.progress(id, Progress::Started);
        let console = observer.console(id).await?;
        let code = self.attend_container(graph, exec, console).await?;
        observer.progress(id, Progress::Completed);
        if code == 0 { Ok(()) } else { Err(EngineError::Exit(code)) }
    }

    /// Runs a process that somebody works with, and gives its exit code.
    pub(super) async fn attend_container(
        &self,
        graph: &Arc<Graph>,
        exec: &Exec,
        console: Console,
    ) -> Result<i32, EngineError> {
        let mut configs = HashMap::new();
        if let Some(id) = exec.image {
            configs.insert(id, self.config_of(graph, id).await?);
        }
        let with = Lowering {
            engine: &self.docker.describe(),
            // Secrets come as files: how variables get them in such a container depends on the engine.
            capabilities: &Capabilities::default(),
            configs: &configs,
            results: &HashMap::new(),
            session: "",
            nonce: "",
            resolve: self.offer.settings.resolve,
        };
        let (exec, without) = match self.capabilities.has(SECRET_ENV) {
            true => (exec.clone(), false),
            false => without_own_caches(exec),
        };
        let mut console = console;
        if without {
            // The terminal is in raw mode.
            let _closed = console.errors.write_all(format!("note: {WITHOUT}\r\n").as_bytes()).await;
            let _closed = console.errors.flush().await;
        }
        let (process, read) = container(&exec, &with)?;
        let mut read: Vec<Lowered> = try_join_all(read.into_iter().map(|output| self.lower(graph, output))).await?;
        let served: Vec<_> = (read.iter())
            .map(|read| (self.gates.register_reader(&read.gates), self.contexts.register(&read.contexts, None)))
            .collect();
        let images: Vec<_> = read.iter().flat_map(|read| images_of(graph, read)).collect();
        let mut entitlements: Vec<_> =
            read.iter_mut().flat_map(|read| std::mem::take(&mut read.entitlements)).collect();
        let definitions = read.into_iter().map(|read| read.definition).collect();
        if exec.privileged {
            entitlements.push("security.insecure".to_owned());
        }
        entitlements.sort();
        entitlements.dedup();
        let build =
            Build { session: self.session().to_owned(), entitlements, imports: self.imports(), ..Build::default() };
        let request = NewContainerRequest {
            // Control groups of the engine's machine are named for containers.
            container_id: unique::name(),
            network: process.network,
            platform: Some(platform(&exec.platform)),
            extra_hosts: process.meta.iter().flat_map(|meta| meta.extra_hosts.clone()).collect(),
            ..NewContainerRequest::default()
        };
        let working = gateway::within(&self.link, build, None, |gateway| async move {
            within(&gateway, definitions, request, process, console).await
        });
        let ended = working.await;
        drop(served);
        let ended = match ended {
            Ok(Some(exit)) => code(exit),
            Ok(None) => return Err(EngineError::Other(NO_SHELL.to_owned())),
            Err(status) => Err(status),
        };
        ended.or_else(|status| match self.fault(&status, &images) {
            EngineError::Exit(code) => Ok(code),
            error => Err(error),
        })
    }
}

/// Makes the container and runs the process in it; `None` where there is no shell that the process needs.
async fn within(
    gateway: &Gateway,
    definitions: Vec<pb::Definition>,
    request: NewContainerRequest,
    process: pb::ExecOp,
    console: Console,
) -> Result<Option<ExitMessage>, Status> {
    let mut references = Vec::new();
    for definition in definitions {
        references.push(gateway.solve(definition, true).await?.map(|reference| reference.id));
    }
    let needs_shell = process.meta.as_ref().is_some_and(|meta| meta.args.first().is_some_and(|arg| arg == SHELL));
    let has_shell = gateway.has(root(&process, &references), SHELL).await?;
    if needs_shell && !has_shell {
        return Ok(None);
    }
    let mounts = process.mounts.iter().map(|mount| {
        let read = usize::try_from(mount.input).ok().and_then(|at| references.get(at)?.clone());
        pb::Mount { input: -1, result_id: read.unwrap_or_default(), ..mount.clone() }
    });
    let name = request.container_id.clone();
    let request = NewContainerRequest { mounts: mounts.collect(), ..request };
    gateway.client.clone().new_container(gateway.request(request)).await?;
    let ended = converse(gateway, (&name, has_shell), process, console).await;
    let release = ReleaseContainerRequest { container_id: name };
    if let Err(error) = gateway.client.clone().release_container(gateway.request(release)).await {
        tracing::debug!(%error, "the container ends with its build");
    }
    ended.map(Some)
}

/// The process with empty directories for caches that one step has for itself, and whether there are any. Engines before Docker 23 do
/// not give such a cache back when the client of a container is killed; every step that needs it would wait for ever.
fn without_own_caches(exec: &Exec) -> (Exec, bool) {
    let mut exec = exec.clone();
    let mut any = false;
    for mount in &mut exec.mounts {
        if let MountKind::Cache { sharing: CacheSharing::Locked | CacheSharing::Private, .. } = mount.kind {
            mount.kind = MountKind::Tmpfs;
            any = true;
        }
    }
    (exec, any)
}

/// The exit code of a process that began.
fn code(exit: ExitMessage) -> Result<i32, Status> {
    match exit.error {
        // Codes that are not 0 are errors to the engine; what is none of those says why it did not begin.
        Some(Fault { code, message, .. }) if code != 0 => Err(Status::new(Code::from_i32(code), message)),
        _ => i32::try_from(exit.code).map_err(|_| Status::unknown("the process was killed")),
    }
}

/// The result that is the process's root file system.
fn root(process: &pb::ExecOp, references: &[Option<String>]) -> Option<String> {
    let root = process.mounts.iter().find(|mount| mount.dest == "/")?;
    references.get(usize::try_from(root.input).ok()?)?.clone()
}

/// Runs the process in the container, and passes on what it and the user say.
async fn converse(
    gateway: &Gateway,
    (container, guarded): (&str, bool),
    process: pb::ExecOp,
    console: Console,
) -> Result<ExitMessage, Status> {
    let Console { input, mut output, mut errors, terminal, held } = console;
    let mut meta = process.meta.unwrap_or_default();
    if let Some(terminal) = &terminal {
        terminal.name_in(&mut meta.env);
    }
    let (guard_command, security) = ([SHELL, "-c", GUARDING].map(str::to_owned), process.security);
    let init = |meta, fds, tty| {
        let container_id = container.to_owned();
        Input::Init(InitMessage { container_id, meta: Some(meta), fds, tty, security, ..InitMessage::default() })
    };
    let guard = init(pb::Meta { args: guard_command.to_vec(), ..meta.clone() }, vec![0], false);
    let own = init(meta, vec![0, 1, 2], terminal.is_some());
    let (sender, messages) = mpsc::channel(AHEAD);
    let first = if guarded { (GUARD, guard) } else { (PROCESS, own.clone()) };
    let _room = sender.send(message(first)).await;
    let request = gateway.request(ReceiverStream::new(messages));
    let mut answers = gateway.client.clone().exec_process(request).await?.into_inner();
    let begun = Notify::new();
    let hearing = async {
        let mut exit = None;
        while let Some(ExecMessage { process_id, input }) = answers.message().await? {
            match input {
                // It begins when the first process is there.
                Some(Input::Started(_)) if process_id == GUARD => {
                    let _ended = sender.send(message((PROCESS, own.clone()))).await;
                }
                Some(Input::Exit(end)) if process_id == GUARD => return Ok(exit.unwrap_or(end)),
                _ if process_id == GUARD => {}
                Some(Input::Started(_)) => begun.notify_one(),
                Some(Input::File(file)) => {
                    let stream = if file.fd == 2 { &mut errors } else { &mut output };
                    // Who does not want to see the rest has no effect on the process.
                    let _closed = stream.write_all(&file.data).await;
                    let _closed = stream.flush().await;
                }
                Some(Input::Exit(end)) => {
                    exit = Some(end);
                    // The engine says that this was all only when nothing more can be typed.
                    let _ended = sender.send(message((PROCESS, nothing_more()))).await;
                }
                Some(Input::Done(_)) => break,
                Some(Input::Init(_) | Input::Resize(_) | Input::Signal(_)) | None => {}
            }
        }
        exit.ok_or_else(|| Status::unknown("the engine does not tell how the process ended"))
    };
    let feeding = async {
        begun.notified().await;
        feed(&sender, input, terminal.map(|terminal| terminal.size)).await;
    };
    let ended = {
        let (mut hearing, mut feeding) = (pin!(hearing), pin!(feeding));
        let mut feeds = true;
        loop {
            tokio::select! {
                ended = &mut hearing => break ended,
                () = &mut feeding, if feeds => feeds = false,
            }
        }
    };
    drop((sender, held));
    ended
}

/// Passes on what is typed, and the terminal's size.
async fn feed(
    sender: &mpsc::Sender<ExecMessage>,
    mut input: mpsc::Receiver<Vec<u8>>,
    mut size: Option<tokio::sync::watch::Receiver<(u16, u16)>>,
) {
    let mut open = true;
    if let Some(size) = &mut size {
        size.mark_changed();
    }
    while open || size.is_some() {
        let next = tokio::select! {
            typed = input.recv(), if open => {
                open = typed.is_some();
                typed.map_or_else(nothing_more, |data| Input::File(FdMessage { fd: 0, eof: false, data }))
            }
            changed = changed(&mut size) => match changed {
                Some((rows, columns)) => Input::Resize(ResizeMessage { rows: rows.into(), cols: columns.into() }),
                None => {
                    size = None;
                    continue;
                }
            },
        };
        if sender.send(message((PROCESS, next))).await.is_err() {
            return;
        }
    }
}

/// The terminal's size when it is another one; `None` when it will not change any more.
async fn changed(size: &mut Option<tokio::sync::watch::Receiver<(u16, u16)>>) -> Option<(u16, u16)> {
    match size {
        Some(size) => interactive::next_size(size).await,
        None => std::future::pending().await,
    }
}

fn nothing_more() -> Input {
    Input::File(FdMessage { fd: 0, eof: true, data: Vec::new() })
}

fn message((process, input): (&str, Input)) -> ExecMessage {
    ExecMessage { process_id: process.to_owned(), input: Some(input) }
}
