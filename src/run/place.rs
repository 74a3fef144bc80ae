//! States that somebody works in: a target's end, or where a step failed.

use super::dispatch::locks_of;
use super::eval::{attempt, owner, plain, room};
use super::executor::Executor;
use super::failure::BuildError;
use crate::digest::VertexId;
use crate::engine::{Console, Engine};
use crate::event::{Cause, Failure};
use crate::graph::op::{ExecCommand, Mount, MountKind};
use crate::graph::{Exec, FileAction, FileOp, Graph, GraphBuilder, Op, Options, Output};
use crate::lock::{HolderInfo, LockDir, Wait, WaitOptions};
use crate::shell::quote;
use std::sync::Arc;

/// Where a shell finds what is for it alone. Engines put an empty file system on `/dev` first, so nothing is hidden by it.
const HELP: &str = "/dev/.rbuild";
/// The script that runs a failed command once more.
const AGAIN: &str = "rbuild-again";

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
    /// The process, whose command is not its own yet.
    exec: Exec,
    target: Arc<str>,
}

/// Where a step failed.
#[derive(Debug, Clone)]
pub struct Failed {
    /// The state that it left.
    pub place: Place,
    /// The command that failed, as it is written.
    pub command: Arc<str>,
    /// Its exit code when it was run once more, to keep its state.
    pub code: i32,
}

impl Place {
    /// A place in a graph.
    #[must_use]
    pub fn new(graph: Arc<Graph>, exec: Exec, target: Arc<str>) -> Self {
        Self { graph, exec, target }
    }

    /// What has to be brought about before somebody can work here.
    #[must_use]
    pub fn needs(&self) -> Vec<VertexId> {
        Op::Exec(self.exec.clone()).inputs().into_iter().map(|output| output.vertex).collect()
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
        let holder = HolderInfo::here(self.target.to_string());
        let _guards = locks.lock(&locks_of(&Op::Exec(self.exec.clone())), &holder, options, on_wait).await?;
        let exec = Exec { command: command(wanted), ..self.exec.clone() };
        Ok(engine.attend(&self.graph, &exec, console()?).await?)
    }
}

fn command(wanted: &Wanted) -> ExecCommand {
    match wanted {
        Wanted::Command(words) => ExecCommand::Argv(words.clone()),
        Wanted::Shell => ExecCommand::Shell(format!(
            "PATH=\"$PATH:{HELP}\"; export PATH; command -v bash >/dev/null 2>&1 && exec bash; exec /bin/sh"
        )),
    }
}

/// Runs a step that failed once more, so that it leaves its state.
///
/// # Errors
/// Why there is no such state, in words for people, or what stopped the build again.
pub async fn after_failure(executor: &Executor, graph: &Graph, failure: &Failure) -> Result<Failed, NoPlace> {
    let id = failure.step.id;
    let vertex = graph.get(&id).ok_or(NoPlace::Of("nothing ran"))?;
    let exec = match &vertex.op {
        Op::Exec(exec) if exec.interactive.is_some() => return Err(NoPlace::Of("somebody has worked in it already")),
        Op::Exec(exec) => plain(exec),
        Op::Docker(_) => return Err(NoPlace::Of("steps of `WITH DOCKER` leave no state yet when they fail")),
        Op::Llb(_) => return Err(NoPlace::Of("steps of a Dockerfile leave no state when they fail")),
        Op::Host(_) => return Err(NoPlace::Of("the command ran on this machine, where you have a shell already")),
        _ => return Err(NoPlace::Of("no command failed")),
    };
    if !matches!(failure.cause, Cause::ExitCode(_)) {
        return Err(NoPlace::Of("the command did not begin"));
    }
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
    let script = FileAction::Mkfile { path: format!("/{AGAIN}"), mode: 0o755, text: script(directory, &exec.command) };
    let script = builder.add(Op::File(FileOp { base: None, actions: vec![script] }), options);
    let graph = Arc::new(builder.seal());
    executor.execute(&graph, &[again.vertex, script.vertex]).await?;
    let answer = Output { index, ..again };
    let code = executor.engine().read_file(&graph, answer, super::eval::CODE).await.map_err(BuildError::from)?;
    let code = String::from_utf8_lossy(&code).trim().parse().unwrap_or(1);
    let mut mounts: Vec<Mount> = exec.mounts.iter().filter(|mount| !mount.kind.is_result()).cloned().collect();
    mounts.push(Mount { target: HELP.to_owned(), kind: MountKind::Bind { input: script, selector: "/".to_owned() } });
    mounts.sort_by(|a, b| a.target.cmp(&b.target));
    let place = Place { graph, exec: Exec { root: Some(again), mounts, ..exec }, target: failure.step.target.clone() };
    Ok(Failed { place, command: failure.step.name.clone(), code })
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

/// A script that runs a command where the step ran it.
fn script(directory: &str, command: &ExecCommand) -> String {
    let words: Vec<String> = command.argv("").iter().map(|word| quote(word)).collect();
    format!("#!/bin/sh\ncd {} || exit\nexec {}\n", quote(directory), words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_runs_the_command_as_the_step_did() {
        let shell = ExecCommand::Shell("echo 'a'  \"$B\"".to_owned());
        assert_eq!(
            script("/w x", &shell),
            "#!/bin/sh\ncd '/w x' || exit\nexec '/bin/sh' '-c' 'echo '\\''a'\\''  \"$B\"'\n"
        );
        let argv = ExecCommand::Argv(vec!["make".to_owned(), "a b".to_owned()]);
        assert_eq!(script("/", &argv), "#!/bin/sh\ncd '/' || exit\nexec 'make' 'a b'\n");
    }
}
