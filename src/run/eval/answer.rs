//! Steps that run for their answers: conditions, `$(…)`, lists of `FOR`.
//!
//! The answer is left in a directory of its own that becomes a result of the step, so that the recipe's files stay as they are and
//! nothing depends on what was printed.

use super::copy::owner;
use super::fault::Eval;
use super::locally::{command_of, unsupported};
use super::recipe::Frame;
use super::run::forward_agent;
use crate::analysis::features::Version;
use crate::analysis::program::{CommandLine, Late, MountSpec, Question, SecretSpec};
use crate::diagnostic::Diagnostic;
use crate::graph::host::Keep;
use crate::graph::op::{ExecCommand, Mount, MountKind, Network, Owner};
use crate::graph::{Exec, FileAction, FileOp, Op, Output};
use crate::run::facts::Attempt;
use crate::source::Span;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

/// Where the directory for answers is mounted. Engines put an empty file system on `/dev` first, so that no trace stays in the result.
const MOUNT: &str = "/dev/.rbuild-answer";
/// The directory in that; it belongs to the step's user.
const ROOM: &str = "/room";
/// The exit code, in [`ROOM`].
pub(in crate::run) const CODE: &str = "/room/code";
/// What was printed, in [`ROOM`].
const OUT: &str = "/room/out";

/// How a wrapped command line is run.
const IN_SHELL: &str = "/bin/sh -c \"$1\"";

/// How a question is asked.
#[derive(Default)]
struct How<'q> {
    no_cache: bool,
    privileged: bool,
    ssh: bool,
    secrets: &'q [Late<Option<SecretSpec>>],
    mounts: &'q [Late<MountSpec>],
    network: Network,
}

impl Frame<'_> {
    /// Whether a condition holds, found out by running it; `None` where nothing may run.
    pub(super) async fn run_condition(&self, question: &Question, text: &str, span: Span) -> Eval<Option<bool>> {
        let network = match &question.command {
            CommandLine::Shell(command) if is_file_test(command.as_literal().unwrap_or_default()) => Network::None,
            _ => Network::Default,
        };
        let how = How { network, ..self.how(question, span).await? };
        let command = command_of(&question.command);
        if self.state.local.is_some() {
            let answer = self.ask_here(&command, Keep::Code, (how.secrets, how.mounts), text, span).await?;
            return Ok(answer.map(|answer| answer.code == 0));
        }
        let output = self.ask(&command, Keep::Code, how, text, span).await?;
        let Some(bytes) = self.answer(output, CODE).await? else { return Ok(None) };
        Ok(Some(String::from_utf8_lossy(&bytes).trim() == "0"))
    }

    /// What `echo` prints of the words of a `FOR`; `None` where nothing may run.
    pub(super) async fn run_list(
        &self,
        question: &Question,
        words: &str,
        text: &str,
        span: Span,
    ) -> Eval<Option<String>> {
        let how = self.how(question, span).await?;
        // A list that is one command ends as the command does; `echo` would hide that. Before 1.0 it does.
        let single =
            words.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')')).filter(|rest| !rest.contains(['(', ')']));
        let command = match single.filter(|_| self.unit.features.version >= Version::V1_0) {
            Some(_) => format!("list={words} && echo $list"),
            None => format!("echo {words}"),
        };
        let command = ExecCommand::Shell(command);
        self.output_of(&command, how, text, span).await
    }

    /// The output of `$(command)`; a placeholder where nothing may run.
    pub(super) fn shell_out<'s>(&'s self, command: &'s str, span: Span) -> BoxFuture<'s, Eval<String>> {
        async move {
            let name = format!("$({command})");
            if !self.state.begun {
                return Err(self.needs_image(&name, span).into());
            }
            let line = ExecCommand::Shell(command.to_owned());
            let printed = self.output_of(&line, How::default(), &name, span).await?;
            Ok(printed.unwrap_or_else(|| self.unknown(&name)))
        }
        .boxed()
    }

    /// The home directory of the user, which only the container knows; a placeholder where nothing may run.
    pub(super) fn home(&self, span: Span) -> BoxFuture<'_, Eval<String>> {
        async move {
            let command = ExecCommand::Shell("echo \"$HOME\"".to_owned());
            let how = How { network: Network::None, ..How::default() };
            let printed = self.output_of(&command, how, "$HOME", span).await?;
            Ok(printed.unwrap_or_else(|| self.placeholder("$HOME")))
        }
        .boxed()
    }

    async fn how<'q>(&self, question: &'q Question, span: Span) -> Eval<How<'q>> {
        let no_cache = self.flag(&question.no_cache).await?;
        let privileged = self.flag(&question.privileged).await?;
        let ssh = self.flag(&question.ssh).await?;
        for (used, flag, help) in [
            (privileged, "--privileged", "leave it out: the command has the rights that you have"),
            (ssh, "--ssh", "leave it out: the command reaches your agent as your shell does"),
        ] {
            if used && self.state.local.is_some() {
                return Err(unsupported(flag, span).help(help).into());
            }
        }
        if privileged {
            self.allow_privileged("--privileged", span)?;
        }
        Ok(How {
            no_cache,
            privileged,
            ssh,
            secrets: &question.secrets,
            mounts: &question.mounts,
            network: Network::Default,
        })
    }

    /// Adds the step.
    async fn ask(&self, command: &ExecCommand, keep: Keep, how: How<'_>, name: &str, span: Span) -> Eval<Output> {
        let mut mounts = self.mounts(span, how.mounts).await?;
        let mut env = self.environment(span).await?;
        if how.ssh {
            forward_agent(&mut mounts, &mut env);
        }
        let index = self.add_room(&mut mounts, span).await?;
        let mut secret_env = Vec::new();
        for secret in how.secrets {
            secret_env.extend(self.secret(secret).await?.map(|SecretSpec { env, id }| (env, id)));
        }
        let exec = Exec {
            network: how.network,
            privileged: how.privileged,
            secret_env,
            ..self.plain_exec(wrapped(command, keep), mounts, env)
        };
        let uncached = how.no_cache || self.evaluator.settings.no_cache;
        let step = self.add_at(span, Op::Exec(exec), name, uncached);
        self.note_asked(step.vertex);
        Ok(Output { index, ..step })
    }

    /// Mounts a directory for the answer; gives its place among the results of the step.
    pub(super) async fn add_room(&self, mounts: &mut Vec<Mount>, span: Span) -> Eval<u32> {
        let owner = self.user(span).await?.map(|user| owner(&user, self.state.root));
        let base = self.add_at(span, room(owner), "new directory for an answer", false);
        Ok(mount_room(mounts, base))
    }

    /// A file of a result, which is brought about; `None` where nothing may run.
    pub(super) async fn answer(&self, output: Output, path: &str) -> Eval<Option<Vec<u8>>> {
        self.evaluator.may_ask()?;
        let graph = std::sync::Arc::new(self.evaluator.part([output.vertex]));
        Ok(self.evaluator.facts.read(&graph, output, path).await?)
    }

    /// What a command prints, in the container or on this machine; `None` where nothing may run.
    async fn output_of(&self, command: &ExecCommand, how: How<'_>, name: &str, span: Span) -> Eval<Option<String>> {
        let bytes = if self.state.local.is_some() {
            let asked = (how.secrets, how.mounts);
            self.ask_here(command, Keep::Output, asked, name, span).await?.map(|answer| answer.output)
        } else {
            let output = self.ask(command, Keep::Output, how, name, span).await?;
            self.answer(output, OUT).await?
        };
        bytes.map(|bytes| printed(bytes, name, span)).transpose()
    }

    /// Runs a step of `TRY`. What the engine has recorded of a failure is run again.
    pub(super) async fn attempt(&self, exec: Exec, output: Output, name: &str, span: Span) -> Eval<Option<Attempt>> {
        self.evaluator.may_ask()?;
        let facts = &self.evaluator.facts;
        let mut graph = std::sync::Arc::new(self.evaluator.part([output.vertex]));
        if let Some(code) = facts.recall(&graph, output, CODE).await
            && String::from_utf8_lossy(&code).trim() != "0"
        {
            self.add_at(span, Op::Exec(exec), name, true);
            graph = std::sync::Arc::new(self.evaluator.part([output.vertex]));
        }
        Ok(facts.attempt(&graph, output, CODE).await?)
    }
}

/// What a command has printed, as a value: without the end of its last line.
fn printed(bytes: Vec<u8>, what: &str, span: Span) -> Eval<String> {
    let mut text = String::from_utf8(bytes).map_err(|_| {
        Diagnostic::error("not-text", span, format!("what `{what}` prints is no text in UTF-8"))
            .help("write it to a file instead")
    })?;
    if text.contains('\0') {
        return Err(Diagnostic::error("not-text", span, format!("what `{what}` prints holds a zero byte"))
            .help("write it to a file instead")
            .into());
    }
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

/// A command whose answer is left in a file. A shell of its own runs it, so that `exit` ends no more than that.
pub(super) fn wrapped(command: &ExecCommand, keep: Keep) -> ExecCommand {
    let (run, args) = match command {
        ExecCommand::Shell(text) => (IN_SHELL, vec![text.clone()]),
        ExecCommand::Argv(args) => ("\"$@\"", args.clone()),
    };
    let script = match keep {
        Keep::Code => format!("{run}; echo $? >{MOUNT}{CODE}"),
        Keep::Output => format!("exec {run} >{MOUNT}{OUT}"),
    };
    let words = ["/bin/sh".to_owned(), "-c".to_owned(), script, "sh".to_owned()];
    ExecCommand::Argv(words.into_iter().chain(args).collect())
}

/// A new directory for an answer.
pub(in crate::run) fn room(owner: Option<Owner>) -> Op {
    let made = FileAction::Mkdir { path: ROOM.to_owned(), mode: 0o755, owner };
    Op::File(FileOp { base: None, actions: vec![made] })
}

/// Mounts a directory for the answer; gives its place among the results of the step.
fn mount_room(mounts: &mut Vec<Mount>, base: Output) -> u32 {
    mounts.push(Mount { target: MOUNT.to_owned(), kind: MountKind::Writable { base } });
    mounts.sort_by(|a, b| a.target.cmp(&b.target));
    let before = mounts.iter().take_while(|mount| mount.target != MOUNT);
    u32::try_from(before.filter(|mount| mount.kind.is_result()).count() + 1).expect("a step has few mounts")
}

/// A process that succeeds in any case and leaves its exit code in [`CODE`] of the result that is given with it.
pub(in crate::run) fn attempt(exec: &Exec, room: Output) -> (Exec, u32) {
    let mut mounts = exec.mounts.clone();
    let index = mount_room(&mut mounts, room);
    (Exec { command: wrapped(&exec.command, Keep::Code), mounts, ..exec.clone() }, index)
}

/// The process that a recipe's author wrote, where a step wraps it to get an answer.
pub(in crate::run) fn plain(exec: &Exec) -> Exec {
    let command = match &exec.command {
        ExecCommand::Argv(words) if exec.mounts.iter().any(|mount| mount.target == MOUNT) => match words.get(4..) {
            Some([text]) if words[2].contains(IN_SHELL) => ExecCommand::Shell(text.clone()),
            Some(args) if !args.is_empty() => ExecCommand::Argv(args.to_vec()),
            _ => exec.command.clone(),
        },
        command => command.clone(),
    };
    let mounts = exec.mounts.iter().filter(|mount| mount.target != MOUNT).cloned().collect();
    Exec { command, mounts, ..exec.clone() }
}

/// Whether a condition only looks at a file, which needs no network.
fn is_file_test(text: &str) -> bool {
    let mut words: Vec<&str> = text.split(' ').collect();
    words.retain(|word| !word.is_empty() && *word != "!");
    let plain = |word: &str| word.chars().all(|char| char.is_ascii_alphanumeric() || "_-./$\"{}".contains(char));
    matches!(
        words.as_slice(),
        ["[", "-b" | "-c" | "-d" | "-e" | "-f" | "-g" | "-h" | "-k" | "-L" | "-p" | "-r" | "-s" | "-S" | "-u" | "-w" | "-x", path, "]"]
            if plain(path)
    )
}
