//! Processes that somebody works with: `RUN --interactive`, and the shell at a target's end.

use super::fault::Eval;
use super::locally::unsupported;
use super::recipe::Frame;
use super::run::AGENT_VARIABLE;
use crate::analysis::program::{Run, Step, StepKind};
use crate::diagnostic::Diagnostic;
use crate::graph::op::{ExecCommand, MountKind};
use crate::graph::{Exec, Op};
use crate::source::Span;

impl Frame<'_> {
    /// Refuses `--interactive` of a `RUN` that stands in a block.
    pub(super) async fn refuse_interactive(&self, step: &Step, run: &Run, place: &str) -> Eval<()> {
        if !self.flag(&run.interactive).await? {
            return Ok(());
        }
        let message = format!("`RUN --interactive` cannot stand in `{place}`");
        let help =
            "put it behind the block, at the end of the target; or look at what fails with `rbuild --interactive`";
        Err(Diagnostic::error("interactive", step.span, message).help(help).into())
    }

    /// Adds a process that somebody works with. The recipe's files stay as they are.
    pub(super) fn run_interactive(&mut self, step: &Step, exec: Exec) -> Eval<()> {
        let settings = &self.evaluator.settings;
        if settings.strict {
            let why = if settings.ci { "`--strict`, which `--ci` implies," } else { "`--strict`" };
            let message = format!("{why} forbids `RUN --interactive`: it waits for somebody at the terminal");
            return Err(Diagnostic::error("strict", step.span, message)
                .help("leave the flag out, or build without the option")
                .into());
        }
        if !settings.terminal {
            let message = "`RUN --interactive` needs a terminal, and standard input and output are not both one";
            return Err(Diagnostic::error("no-terminal", step.span, message)
                .help("run rbuild in a terminal, or leave the flag out")
                .into());
        }
        let ran = self.add_with(step, Op::Exec(Exec { interactive: true, ..exec }), &step.text, true);
        self.instance.left.push(ran.vertex);
        self.by_hand = Some(step.span);
        Ok(())
    }

    /// Refuses what stands behind a `RUN --interactive`, outputs apart.
    pub(super) fn check_by_hand(&self, step: &Step) -> Eval<()> {
        let Some(place) = self.by_hand else { return Ok(()) };
        if matches!(step.kind, StepKind::SaveArtifact(_) | StepKind::SaveImage(_)) {
            return Ok(());
        }
        let message = "`RUN --interactive` is the last command of a target, but for `SAVE`: what it does is lost";
        Err(Diagnostic::error("interactive", step.span, message)
            .label(place, "here somebody works by hand")
            .help("move it to the end, or to a target of its own that begins with `FROM` this one")
            .into())
    }

    /// A process in the state at the recipe's end, with what its last `RUN` had besides: mounts and secrets. It has no command yet.
    pub(super) async fn at_the_end(&self, span: Span) -> Eval<Exec> {
        if self.state.local.is_some() {
            return Err(unsupported("`rbuild shell`", span)
                .help("the target's commands run on this machine, where you have a shell already")
                .into());
        }
        if !self.state.begun {
            let message = format!("`{}` has no file system: there is no `FROM` in it", self.display);
            return Err(Diagnostic::error("from-required", span, message)
                .help("name a target that begins with an image")
                .into());
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
        Ok(Exec {
            privileged: last.is_some_and(|last| last.privileged),
            secret_env: last.map(|last| last.secret_env.clone()).unwrap_or_default(),
            ..self.plain_exec(ExecCommand::Argv(Vec::new()), mounts, env)
        })
    }
}
