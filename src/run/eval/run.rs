//! `RUN`.

use super::answer::wrapped;
use super::fault::Eval;
use super::leave::TRUST;
use super::recipe::Frame;
use crate::analysis::check_network;
use crate::analysis::program::{CommandLine, Late, Run, SecretSpec, Step};
use crate::diagnostic::Diagnostic;
use crate::graph::host::Keep;
use crate::graph::op::{ExecCommand, Mount, MountKind, Network};
use crate::graph::{Exec, Op, Options, Output};
use crate::run::facts::Attempt;
use crate::shell::quote;
use crate::source::Span;

/// A `RUN` that is going to run.
struct Process {
    exec: Exec,
    push: bool,
    options: Options,
}

/// Gives a step the ssh agent.
pub(super) fn forward_agent(mounts: &mut Vec<Mount>, env: &mut Vec<(String, String)>) {
    mounts.retain(|mount| mount.target != AGENT);
    mounts.push(Mount { target: AGENT.to_owned(), kind: MountKind::Ssh });
    mounts.sort_by(|a, b| a.target.cmp(&b.target));
    env.retain(|(name, _)| name != AGENT_VARIABLE);
    env.push((AGENT_VARIABLE.to_owned(), AGENT.to_owned()));
}

/// Where `--ssh` puts the agent's socket. The engine puts an empty file system on `/dev` first, so that nothing of it stays in the result.
const AGENT: &str = "/dev/.rbuild-ssh-agent";

/// The variable that names it.
pub(super) const AGENT_VARIABLE: &str = "SSH_AUTH_SOCK";

impl Frame<'_> {
    pub(super) async fn run(&mut self, step: &Step, run: &Run) -> Eval<()> {
        let by_hand = self.by_hand(run).await?;
        let Some(Process { exec, push, options }) = self.process(step, run).await? else { return Ok(()) };
        if let Some(by_hand) = by_hand {
            return self.run_interactive(step, by_hand, exec, options);
        }
        self.last_run = Some(exec.clone());
        let root = self.evaluator.add(Op::Exec(exec), || options);
        if push {
            self.instance.push_steps.push(root.vertex);
        }
        self.state.root = Some(root);
        Ok(())
    }

    /// Runs what a `TRY` holds, and goes on from what it leaves, however it ends. `None` where nothing may run.
    pub(super) async fn try_run(&mut self, step: &Step, run: &Run) -> Eval<Option<Attempt>> {
        self.refuse_interactive(step, run, "TRY").await?;
        let Some(Process { mut exec, push, options }) = self.process(step, run).await? else {
            return Ok(Some(Attempt::Passed));
        };
        exec.command = wrapped(&exec.command, Keep::Code);
        let index = self.add_room(&mut exec.mounts, step.span).await?;
        let root = self.evaluator.add(Op::Exec(exec.clone()), || options);
        if push {
            self.instance.push_steps.push(root.vertex);
        }
        self.state.root = Some(root);
        self.attempt(exec, Output { index, ..root }, &step.text, step.span).await
    }

    /// What runs; `None` where it is not to run.
    async fn process(&mut self, step: &Step, run: &Run) -> Eval<Option<Process>> {
        let push = self.flag(&run.push).await?;
        let no_cache = self.flag(&run.no_cache).await?;
        let exec = self.exec(step, run).await?;
        if push {
            self.note_push(step.span);
        }
        if push && !self.key.pushes {
            return Ok(None);
        }
        if exec.privileged {
            self.allow_privileged("RUN --privileged", step.span)?;
        }
        let uncached = no_cache || push || self.evaluator.settings.no_cache;
        let options = self.options_of_run(step, run, uncached).await?;
        Ok(Some(Process { exec, push, options }))
    }

    /// What is noted with the vertex of a `RUN`.
    pub(super) async fn options_of_run(&self, step: &Step, run: &Run, uncached: bool) -> Eval<Options> {
        let options = self.options(step.span, &step.text, uncached);
        if !self.flag(&run.raw_output).await? {
            return Ok(options);
        }
        // What is printed as it is may be commands to a CI system.
        if let Some(remote) = self.untrusted() {
            let message = format!(
                "`--raw-output` of another repository, `{remote}`, has no effect: nobody allowed it to speak to CI"
            );
            self.evaluator.warn(Diagnostic::warning("raw-output", step.span, message).help(TRUST));
            return Ok(options);
        }
        Ok(Options { raw_output: true, ..options })
    }

    /// The process that a command asks for.
    pub(super) async fn exec(&mut self, step: &Step, run: &Run) -> Eval<Exec> {
        let command = self.exec_command(step, run).await?;
        let mut secret_env = Vec::new();
        for secret in &run.secrets {
            if let Some(SecretSpec { env, id }) = self.secret(secret).await? {
                secret_env.push((env, id));
            }
        }
        let mut mounts = self.mounts(step.span, &run.mounts).await?;
        let mut env = self.environment(step.span).await?;
        if self.flag(&run.ssh).await? {
            forward_agent(&mut mounts, &mut env);
        }
        Ok(Exec {
            network: if self.without_network(run).await? { Network::None } else { Network::Default },
            privileged: self.flag(&run.privileged).await?,
            secret_env,
            ..self.plain_exec(command, mounts, env)
        })
    }

    /// A process in the state so far, with the default network and without privileges and secrets.
    pub(super) fn plain_exec(&self, command: ExecCommand, mounts: Vec<Mount>, env: Vec<(String, String)>) -> Exec {
        Exec {
            root: self.state.root,
            image: self.state.image.as_ref().map(|(id, _)| *id),
            command,
            env,
            workdir: self.state.patch.workdir.clone(),
            user: self.state.patch.user.clone(),
            mounts,
            network: Network::Default,
            privileged: false,
            hosts: self.state.hosts.clone(),
            secret_env: Vec::new(),
            platform: self.state.platform.clone(),
            interactive: None,
        }
    }

    /// Whether a command runs without a network. A variable that is not set asks for nothing.
    pub(super) async fn without_network(&self, run: &Run) -> Eval<bool> {
        Ok(self.late(&run.network_none, check_network).await?.unwrap_or(false))
    }

    /// The variables that steps see on top of the image's.
    pub(super) async fn environment(&self, span: Span) -> Eval<Vec<(String, String)>> {
        // The image's environment hides globals; without any there is nothing to ask for.
        let config = if self.scope.globals.is_empty() { None } else { self.image_config(span).await? };
        let hidden = |name: &str| config.as_ref().is_some_and(|config| config.variable(name).is_some());
        Ok(self.scope.exported(&self.state.patch.env, hidden))
    }

    async fn exec_command(&self, step: &Step, run: &Run) -> Eval<ExecCommand> {
        let entrypoint = self.flag(&run.entrypoint).await?;
        let command = match &run.command {
            CommandLine::Shell(text) => self.in_shell(text.as_literal().unwrap_or_default(), entrypoint),
            CommandLine::Exec(args) => ExecCommand::Argv(args.clone()),
        };
        if !entrypoint {
            return Ok(command);
        }
        let config = self.image_config(step.span).await?;
        let program = match (&self.state.patch.entrypoint, &config) {
            (Some(program), _) => program.clone(),
            (None, Some(config)) => config.entrypoint.clone().unwrap_or_default(),
            (None, None) => vec![self.placeholder("entry point")],
        };
        if program.is_empty() {
            let message = "RUN --entrypoint needs an entry point, and the image has none";
            return Err(Diagnostic::error("no-entrypoint", step.span, message)
                .help("add an ENTRYPOINT command, or run the program by its name")
                .into());
        }
        Ok(match command {
            ExecCommand::Argv(args) => ExecCommand::Argv(program.into_iter().chain(args).collect()),
            ExecCommand::Shell(text) if text.is_empty() => {
                let defaults = self.state.patch.cmd.clone().or_else(|| config.and_then(|config| config.cmd.clone()));
                ExecCommand::Argv(program.into_iter().chain(defaults.unwrap_or_default()).collect())
            }
            ExecCommand::Shell(text) => {
                let program: Vec<String> = program.iter().map(|word| quote(word)).collect();
                ExecCommand::Shell(format!("{} {text}", program.join(" ")))
            }
        })
    }

    /// A command line in the shell that `SHELL` named. (What an image names counts for `docker build` only.)
    fn in_shell(&self, text: &str, entrypoint: bool) -> ExecCommand {
        match self.shell().filter(|_| !entrypoint) {
            Some(shell) => ExecCommand::Argv(shell.into_iter().chain([text.to_owned()]).collect()),
            None => ExecCommand::Shell(text.to_owned()),
        }
    }

    /// What `SHELL` named.
    pub(super) fn shell(&self) -> Option<Vec<String>> {
        let shell = self.state.patch.other.get("Shell").filter(|_| self.unit.features.buildfile())?;
        let words = shell.as_array()?.iter().filter_map(|word| word.as_str().map(str::to_owned));
        Some(words.collect::<Vec<_>>()).filter(|words| !words.is_empty())
    }

    pub(super) async fn secret(&self, secret: &Late<Option<SecretSpec>>) -> Eval<Option<SecretSpec>> {
        match secret {
            Late::Known(secret) => Ok(secret.clone()),
            Late::Expand(template) => {
                let text = self.expand(template).await?;
                if self.evaluator.is_guess(&text) {
                    return Ok(None);
                }
                SecretSpec::parse(&text, &self.unit.features).map_err(|error| {
                    Diagnostic::error("secret", template.span, error.to_string()).help(error.help()).into()
                })
            }
        }
    }
}
