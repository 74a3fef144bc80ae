//! States that somebody works in: a target's end, or where a step failed.

use super::dispatch::locks_of;
use super::eval::{End, attempt, owner, plain, room};
use super::executor::Executor;
use super::failure::BuildError;
use crate::digest::VertexId;
use crate::engine::{Console, Engine};
use crate::event::{Cause, Failure};
use crate::graph::dockerfile::LlbOp;
use crate::graph::host::HostAction;
use crate::graph::op::{DockerStep, ExecCommand, Mount, MountKind, OnFailure};
use crate::graph::{Exec, FileAction, FileOp, Graph, GraphBuilder, Op, Options, Output};
use crate::host::{Command, attend};
use crate::lock::{HolderInfo, LockDir, Wait, WaitOptions};
use crate::shell::{AGAIN, script, shell_with};
use std::path::Path;
use std::sync::Arc;

/// Where a shell finds what is for it alone. Engines put an empty file system on `/dev` first, so nothing is hidden by it.
const HELP: &str = "/dev/.rbuild";

/// What is wanted in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A shell: bash where there is one.
    Shell,
    /// This program with these arguments.
    Command(Vec<String>),
}

/// A state that somebody can work in, with the mounts, the environment and the secrets of a step.
#[derive(Debug, Clone)]
pub struct Place {
    graph: Arc<Graph>,
    end: End,
    target: Arc<str>,
}

/// Where a step failed.
#[derive(Debug, Clone)]
pub struct Failed {
    /// The state that it left.
    pub place: Place,
    /// Its exit code when it was run once more, to keep its state.
    pub code: i32,
}

impl Place {
    /// A place in a graph.
    #[must_use]
    pub fn new(graph: Arc<Graph>, end: End, target: Arc<str>) -> Self {
        Self { graph, end, target }
    }

    /// What has to be brought about before somebody can work here.
    #[must_use]
    pub fn needs(&self) -> Vec<VertexId> {
        match &self.end {
            End::Container(exec) => exec.inputs().map(|output| output.vertex).collect(),
            End::Here { after, .. } => after.iter().copied().collect(),
        }
    }

    /// Lets somebody work here, and gives the exit code of the shell or the program. `on_wait` is told of locks that others hold.
    ///
    /// # Errors
    /// When a lock is not to be had, or the process cannot be started.
    pub async fn open(
        &self,
        engine: &dyn Engine,
        locks: &LockDir,
        options: WaitOptions,
        wanted: &Wanted,
        on_wait: impl FnMut(Wait) + Send,
        console: impl FnOnce() -> Result<Console, BuildError>,
    ) -> Result<i32, BuildError> {
        match &self.end {
            End::Container(exec) => {
                let holder = HolderInfo::here(self.target.to_string());
                let process = Op::Exec(Exec::clone(exec));
                let _guards = locks.lock(&locks_of(&process), &holder, options, on_wait).await?;
                let exec = Exec { command: command(wanted), ..Exec::clone(exec) };
                Ok(engine.attend(&self.graph, &exec, console()?).await?)
            }
            End::Here { dir, env, .. } => open_here(dir, env, wanted).await,
        }
    }
}

/// Lets somebody work on this machine: in the shell that is theirs.
async fn open_here(dir: &Path, env: &[(String, String)], wanted: &Wanted) -> Result<i32, BuildError> {
    let argv = match wanted {
        Wanted::Command(words) => words.clone(),
        Wanted::Shell => ["/bin/sh", "-c", "exec \"${SHELL:-/bin/sh}\""].map(str::to_owned).to_vec(),
    };
    let fault = |message| BuildError::Environment { message, help: None };
    // `WORKDIR` makes its directory when something runs there.
    std::fs::create_dir_all(dir)
        .map_err(|error| fault(format!("cannot make the directory {}: {error}", dir.display())))?;
    let command = Command { argv, dir: dir.to_owned(), env: env.to_vec() };
    attend(&command).await.map_err(|error| fault(error.to_string()))
}

fn command(wanted: &Wanted) -> ExecCommand {
    match wanted {
        Wanted::Command(words) => ExecCommand::Argv(words.clone()),
        Wanted::Shell => ExecCommand::Shell(shell_with(HELP)),
    }
}

/// How somebody gets to where a step failed.
#[derive(Debug, Clone)]
pub enum Way {
    /// It is run once more, so that it leaves its state: [`after_failure`].
    Again,
    /// It is run once more, and the shell opens while its daemon runs: [`beside_failure`].
    Beside,
    /// It ran on this machine, where its state is.
    Here(Place),
}

/// How somebody gets to where a step failed.
///
/// # Errors
/// [`NoPlace::Of`].
pub fn way_to(graph: &Arc<Graph>, failure: &Failure) -> Result<Way, NoPlace> {
    let vertex = graph.get(&failure.step.id).ok_or(NoPlace::Of("nothing ran"))?;
    let way = match &vertex.op {
        Op::Exec(exec) if exec.interactive.is_some() => {
            return Err(NoPlace::Of("somebody has worked in it already"));
        }
        Op::Host(host) => {
            let process = match &host.action {
                HostAction::Process(process) => process,
                HostAction::Docker(docker) => &docker.process,
                HostAction::CopyIn(_) => return Err(NoPlace::Of("no command failed")),
            };
            let end = End::Here { dir: host.dir.clone(), env: process.env.clone(), after: None };
            return Ok(Way::Here(Place::new(graph.clone(), end, failure.step.target.clone())));
        }
        Op::Exec(_) | Op::Llb(LlbOp { process: Some(_), .. }) => Way::Again,
        Op::Docker(_) => Way::Beside,
        _ => return Err(NoPlace::Of("no command failed")),
    };
    match failure.cause {
        Cause::ExitCode(_) => Ok(way),
        Cause::Message(_) => Err(NoPlace::Of("the command did not begin")),
    }
}

/// Runs a `WITH DOCKER` step that failed once more; somebody gets a shell beside its daemon when it fails again. Gives its exit code.
///
/// # Errors
/// What stopped the build again.
pub async fn beside_failure(executor: &Executor, graph: &Graph, failure: &Failure) -> Result<i32, NoPlace> {
    let id = failure.step.id;
    let vertex = graph.get(&id).ok_or(NoPlace::Of("nothing ran"))?;
    let Op::Docker(step) = &vertex.op else { return Err(NoPlace::Of("it has no daemon")) };
    let step = DockerStep { on_failure: OnFailure::Attend, ..DockerStep::clone(step) };
    let mut builder = GraphBuilder::from(graph.part([id]));
    let options = || Options { uncached: true, ..vertex.options.clone() };
    let again = builder.add(Op::Docker(Box::new(step)), options).vertex;
    executor.execute(&Arc::new(builder.seal()), &[again]).await?;
    Ok(executor.engine().exit_code(again).unwrap_or(0))
}

/// Runs a step that failed once more, so that it leaves its state.
///
/// # Errors
/// Why there is no such state, in words for people, or what stopped the build again.
pub async fn after_failure(executor: &Executor, graph: &Graph, failure: &Failure) -> Result<Failed, NoPlace> {
    let id = failure.step.id;
    let vertex = graph.get(&id).ok_or(NoPlace::Of("nothing ran"))?;
    let exec = match &vertex.op {
        Op::Exec(exec) => plain(exec),
        Op::Llb(op) => executor
            .engine()
            .process_of(op)
            .ok_or(NoPlace::Of("the Dockerfile's step has a mount or a network that a shell cannot have"))?,
        _ => return Err(NoPlace::Of("no command failed")),
    };
    let config = match exec.image.and_then(|image| graph.get(&image)).map(|vertex| &vertex.op) {
        Some(Op::Image(image)) => executor.engine().image_config(image).await.map_err(BuildError::from)?,
        _ => crate::graph::image::ImageConfig::default(),
    };
    let user = exec.user.clone().unwrap_or(config.user);
    let directory = [exec.workdir.as_deref(), Some(&config.working_dir), Some("/")];
    let directory = directory.into_iter().flatten().find(|path| !path.is_empty()).unwrap_or("/");
    let mut builder = GraphBuilder::from(graph.part([id]));
    let options = || Options { uncached: true, ..vertex.options.clone() };
    let owner = Some(user).filter(|user| !user.is_empty()).map(|user| owner(&user, exec.root));
    let base = builder.add(room(owner), options);
    let (wrapped, index) = attempt(&exec, base);
    let again = builder.add(Op::Exec(wrapped), options);
    let text = script(directory, &exec.command.argv(""));
    let script = FileAction::Mkfile { path: format!("/{AGAIN}"), mode: 0o755, text };
    let script = builder.add(Op::File(FileOp { base: None, actions: vec![script] }), options);
    let graph = Arc::new(builder.seal());
    executor.execute(&graph, &[again.vertex, script.vertex]).await?;
    let answer = Output { index, ..again };
    let code = executor.engine().read_file(&graph, answer, super::eval::CODE).await.map_err(BuildError::from)?;
    let code = String::from_utf8_lossy(&code).trim().parse().unwrap_or(1);
    let mut mounts: Vec<Mount> = exec.mounts.iter().filter(|mount| !mount.kind.is_result()).cloned().collect();
    mounts.push(Mount { target: HELP.to_owned(), kind: MountKind::Bind { input: script, selector: "/".to_owned() } });
    mounts.sort_by(|a, b| a.target.cmp(&b.target));
    let end = End::Container(Box::new(Exec { root: Some(again), mounts, ..exec }));
    Ok(Failed { place: Place::new(graph, end, failure.step.target.clone()), code })
}

/// Why nobody can work where a step failed.
#[derive(Debug)]
pub enum NoPlace {
    /// There is no such state.
    Of(&'static str),
    /// The step could not be run once more.
    Build(BuildError),
}

impl From<BuildError> for NoPlace {
    fn from(error: BuildError) -> Self {
        Self::Build(error)
    }
}
