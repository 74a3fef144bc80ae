//! Processes that somebody works with: `RUN --interactive`, and the shell at a target's end.

use super::fault::Eval;
use super::instance::Instance;
use super::recipe::Frame;
use super::run::AGENT_VARIABLE;
use crate::analysis::program::{Run, Step, StepKind};
use crate::diagnostic::Diagnostic;
use crate::digest::VertexId;
use crate::graph::host::HostProcess;
use crate::graph::op::{ByHand, ExecCommand, MountKind};
use crate::graph::{Exec, Op, Options};
use crate::source::Span;
use std::path::PathBuf;

/// Where a recipe ends, for who works there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// In a container: a process that has no command yet.
    Container(Box<Exec>),
    /// On this machine.
    Here {
        /// The directory, absolute.
        dir: PathBuf,
        /// Variables on top of those that rbuild itself has, in order, each name once.
        env: Vec<(String, String)>,
        /// The command that has to have ended before.
        after: Option<VertexId>,
    },
}

impl Frame<'_> {
    /// Whether somebody works with what a `RUN` runs, and the flag that says so.
    pub(super) async fn by_hand(&self, run: &Run) -> Eval<Option<ByHand>> {
        Ok(if self.flag(&run.interactive_keep).await? {
            Some(ByHand::Kept)
        } else if self.flag(&run.interactive).await? {
            Some(ByHand::Lost)
        } else {
            None
        })
    }

    /// Refuses `--interactive` of a `RUN` that stands in a block.
    pub(super) async fn refuse_interactive(&self, step: &Step, run: &Run, place: &str) -> Eval<()> {
        let Some(by_hand) = self.by_hand(run).await? else { return Ok(()) };
        let what = by_hand.command();
        let message = format!("`{what}` cannot stand in `{place}`");
        let help =
            "put it behind the block, at the end of the target; or look at what fails with `rbuild --interactive`";
        Err(Diagnostic::error("interactive", step.span, message).help(help).into())
    }

    /// Adds a process that somebody works with.
    pub(super) fn run_interactive(&mut self, step: &Step, by_hand: ByHand, exec: Exec, options: Options) -> Eval<()> {
        let what = by_hand.command();
        let keeps = by_hand == ByHand::Kept;
        let settings = &self.evaluator.settings;
        if settings.strict {
            let why = if settings.ci { "`--strict`, which `--ci` implies," } else { "`--strict`" };
            let message = format!("{why} forbids `{what}`: it waits for somebody at the terminal");
            return Err(Diagnostic::error("strict", step.span, message)
                .help("leave the flag out, or build without the option")
                .into());
        }
        if !settings.terminal {
            let message = format!("`{what}` needs a terminal, and standard input and output are not both one");
            return Err(Diagnostic::error("no-terminal", step.span, message)
                .help("run rbuild in a terminal, or leave the flag out")
                .into());
        }
        if keeps {
            self.check_keeping(&exec, step.span)?;
        }
        let exec = Exec { interactive: Some(by_hand), ..exec };
        let ran = self.evaluator.add(Op::Exec(exec), || Options { uncached: true, ..options });
        if keeps {
            self.state.root = Some(ran);
        } else {
            // The recipe's files stay as they are.
            self.instance.left.push(ran.vertex);
        }
        self.by_hand = Some((by_hand, step.span));
        Ok(())
    }

    /// Refuses what a container outside of the engine's own builds cannot have: only such a one can be kept.
    fn check_keeping(&self, exec: &Exec, span: Span) -> Eval<()> {
        let native = self.evaluator.native();
        if exec.platform != *native {
            let message = format!(
                "`RUN --interactive-keep` runs for the engine's own platform, {native}, not for {}",
                exec.platform
            );
            return Err(Diagnostic::error("interactive", span, message)
                .help("begin the target with `FROM --platform=native …`")
                .into());
        }
        if exec.mounts.iter().any(|mount| mount.kind == MountKind::Ssh) {
            let message =
                "`RUN --interactive-keep` cannot have `--ssh`: the agent reaches the engine's own builds alone";
            return Err(Diagnostic::error("interactive", span, message)
                .help(
                    "fetch what needs it in a `RUN --ssh` in front of it, or use `--interactive`, which keeps nothing",
                )
                .into());
        }
        Ok(())
    }

    /// Refuses what stands behind a `RUN --interactive`, outputs apart.
    pub(super) fn check_by_hand(&self, step: &Step) -> Eval<()> {
        let Some((by_hand, place)) = self.by_hand else { return Ok(()) };
        if matches!(step.kind, StepKind::SaveArtifact(_) | StepKind::SaveImage(_)) {
            return Ok(());
        }
        let message = format!("only `SAVE` may stand behind `{}`, the last command of a target", by_hand.command());
        let help = match by_hand {
            ByHand::Lost => "move it in front, or to another target",
            ByHand::Kept => "move it in front, or to a target of its own that begins with `FROM` this one",
        };
        Err(Diagnostic::error("interactive", step.span, message)
            .label(place, "here somebody works by hand")
            .help(help)
            .into())
    }

    /// The recipe's end, with what its last `RUN` had besides: mounts and secrets.
    pub(super) async fn at_the_end(&self, span: Span) -> Eval<End> {
        if let Some(local) = &self.state.local {
            let HostProcess { env, .. } = self.process_here(ExecCommand::Argv(Vec::new()), None);
            return Ok(End::Here { dir: local.dir.clone().into(), env, after: local.last.map(|last| last.vertex) });
        }
        if !self.state.begun {
            return Err(self.needs_image(&self.display, span).into());
        }
        let mut mounts = self.mounts(span, &[]).await?;
        let last = self.last_run.as_ref();
        for mount in last.iter().flat_map(|last| &last.mounts) {
            if !mount.kind.is_result() && mounts.iter().all(|held| held.target != mount.target) {
                mounts.push(mount.clone());
            }
        }
        mounts.sort_by(|a, b| a.target.cmp(&b.target));
        let mut env = self.environment(span).await?;
        let agent = last.iter().flat_map(|last| &last.env).find(|(name, _)| name == AGENT_VARIABLE);
        if mounts.iter().any(|mount| mount.kind == MountKind::Ssh) {
            env.retain(|(name, _)| name != AGENT_VARIABLE);
            env.extend(agent.cloned());
        }
        Ok(End::Container(Box::new(Exec {
            privileged: last.is_some_and(|last| last.privileged),
            secret_env: last.map(|last| last.secret_env.clone()).unwrap_or_default(),
            ..self.plain_exec(ExecCommand::Argv(Vec::new()), mounts, env)
        })))
    }
}

/// Checks that something can go on from a target's end.
pub(super) fn check_goes_on(instance: &Instance, span: Span) -> Result<(), Diagnostic> {
    let Some((ByHand::Lost, place)) = instance.by_hand else { return Ok(()) };
    let message = format!("`{}` ends with a `RUN --interactive`, and what that does is lost", instance.target);
    Err(Diagnostic::error("interactive", span, message)
        .label(place, "here somebody works by hand")
        .help("begin with what that target begins with, or `COPY` what it saves"))
}
