//! `LOCALLY`: commands that run on this machine.

use super::copy::{Source, TIMESTAMP};
use super::fault::Eval;
use super::instance::Instance;
use super::leave::TRUST;
use super::paths::{absolute, as_pattern, directory, file_name, is_pattern};
use super::recipe::{Frame, keyword};
use super::state::{Local, State};
use crate::analysis::program::{
    CommandLine, CopyOptions, Late, MountSpec, Run, SaveArtifact, SecretSpec, Step, StepKind,
};
use crate::diagnostic::Diagnostic;
use crate::digest::VertexId;
use crate::graph::host::{CopyIn, HostAction, HostProcess, Keep};
use crate::graph::op::{CopyAction, ExecCommand};
use crate::graph::plan::ArtifactShape;
use crate::graph::{FileAction, FileOp, HostOp, IgnoreFile, LocalSource, Op, Options, Output};
use crate::run::HostAnswer;
use crate::source::Span;
use std::path::PathBuf;
use std::sync::Arc;

impl Frame<'_> {
    /// Leaves the container: what follows runs on this machine, in the directory of the Buildfile.
    pub(super) fn locally(&mut self, step: &Step) -> Eval<()> {
        let settings = &self.evaluator.settings;
        if settings.strict {
            let why = if settings.ci { "`--strict`, which `--ci` implies," } else { "`--strict`" };
            let message = format!("{why} forbids `LOCALLY`: it runs commands on this machine");
            return Err(Diagnostic::error("strict", step.span, message)
                .help("run it in a container, behind `FROM`, or build without the option")
                .into());
        }
        if let Some(remote) = self.untrusted() {
            let message = format!(
                "`LOCALLY` of another repository, `{remote}`, runs commands on this machine, which nobody allowed"
            );
            return Err(Diagnostic::error("privileged", step.span, message).help(TRUST).into());
        }
        if self.evaluator.repository(&self.home.dir).is_some() {
            self.allow_privileged("LOCALLY", step.span)?;
        }
        if self.state.local.is_none() {
            let dir = self.key.dir.to_string_lossy().into_owned();
            let platform = self.state.platform.clone();
            self.state =
                State { begun: true, local: Some(Local { dir, last: None, settled: None }), ..State::new(platform) };
        }
        Ok(())
    }

    /// Goes back into containers. What ran on this machine has run all the same.
    pub(super) fn leave_host(&mut self) {
        if let Some(last) = self.state.local.take().and_then(|local| local.last) {
            self.instance.left.push(last.vertex);
        }
    }

    /// Refuses what means nothing behind `LOCALLY`.
    pub(super) fn check_locally(&self, step: &Step) -> Eval<()> {
        if self.state.local.is_none() {
            return Ok(());
        }
        let help = match &step.kind {
            StepKind::CopyContext(_) => "the files are here already: use `cp` in a `RUN`",
            StepKind::Add(_) => "use `cp`, `tar` or `curl` in a `RUN`",
            StepKind::SaveImage(save) if save.names.is_empty() => return Ok(()),
            StepKind::SaveImage(_)
            | StepKind::User(_)
            | StepKind::Cmd(_)
            | StepKind::Entrypoint(_)
            | StepKind::Expose(_)
            | StepKind::Label(_)
            | StepKind::Volume(_)
            | StepKind::Shell(_)
            | StepKind::Stopsignal(_)
            | StepKind::Healthcheck(_) => "there is no image here; begin one with `FROM`",
            StepKind::Cache(_) => "what a `RUN` leaves on this machine stays there without it",
            StepKind::Host(_) => "the names that this machine knows hold here",
            StepKind::GitClone(_) => "clone it in a `RUN`",
            StepKind::Try(_) => "handle the failure in the `RUN` itself: `command || other`",
            _ => return Ok(()),
        };
        let keyword = match &step.kind {
            StepKind::CopyContext(_) => "COPY of files of the build context",
            _ => keyword(&step.text),
        };
        Err(unsupported(keyword, step.span).help(help).into())
    }

    /// `RUN` on this machine.
    pub(super) async fn run_locally(&mut self, step: &Step, run: &Run) -> Eval<()> {
        let process = self.process_of_run(step, run).await?;
        let options = self.options_of_run(step, run, true).await?;
        self.add_here(HostAction::Process(process), options);
        Ok(())
    }

    /// What a `RUN` runs on this machine.
    pub(super) async fn process_of_run(&self, step: &Step, run: &Run) -> Eval<HostProcess> {
        for (flag, name, help) in [
            (
                &run.push,
                "RUN --push",
                "push in a container, or leave out `--push`: the command then runs in every build",
            ),
            (&run.privileged, "RUN --privileged", "leave it out: the command has the rights that you have"),
            (&run.ssh, "RUN --ssh", "leave it out: the command reaches your agent as your shell does"),
            (&run.entrypoint, "RUN --entrypoint", "write the program itself: there is no image here"),
            (&run.interactive, "RUN --interactive", "run it by hand, or in a target of its own without the flag"),
            (
                &run.interactive_keep,
                "RUN --interactive-keep",
                "run it by hand, or in a target of its own without the flag",
            ),
        ] {
            if self.flag(flag).await? {
                return Err(unsupported(name, step.span).help(help).into());
            }
        }
        if self.without_network(run).await? {
            return Err(unsupported("RUN --network=none", step.span).help("leave it out").into());
        }
        refuse(&run.secrets, &run.mounts, step.span)?;
        // Nothing is cached here, but the flag has to be one.
        self.flag(&run.no_cache).await?;
        Ok(self.process_here(command_of(&run.command), None))
    }

    /// Asks a command of this machine for its exit code or its output; `None` where nothing may run.
    pub(super) async fn ask_here(
        &self,
        command: &ExecCommand,
        keep: Keep,
        (secrets, mounts): (&[Late<Option<SecretSpec>>], &[Late<MountSpec>]),
        name: &str,
        span: Span,
    ) -> Eval<Option<HostAnswer>> {
        refuse(secrets, mounts, span)?;
        let process = self.process_here(command.clone(), Some(keep));
        let step = self.put_here(HostAction::Process(process), self.options(span, name, true));
        self.note_asked(step);
        self.evaluator.may_ask()?;
        let graph = Arc::new(self.evaluator.part([step]));
        Ok(self.evaluator.facts.ask_host(&graph, step).await?)
    }

    pub(super) fn process_here(&self, command: ExecCommand, keep: Option<Keep>) -> HostProcess {
        let env = self.scope.exported(&self.state.patch.env, |_| false);
        HostProcess { command, env, keep }
    }

    /// Adds a command of this machine; those of a recipe run one after the other.
    pub(super) fn add_here(&mut self, action: HostAction, options: Options) {
        let vertex = self.put_here(action, options);
        if let Some(local) = &mut self.state.local {
            local.last = Some(Output { vertex, index: 0 });
        }
    }

    fn put_here(&self, action: HostAction, options: Options) -> VertexId {
        let number = self.count_here();
        let (dir, after) = self.state.local.as_ref().map_or_else(Default::default, |local| (&*local.dir, local.last));
        let op = HostOp { dir: PathBuf::from(dir), action, after, place: format!("{} {number}", self.shown) };
        self.evaluator.add(Op::Host(Box::new(op)), || options).vertex
    }

    /// Runs what this recipe has for this machine so far: what it builds from here on may need it.
    pub(super) async fn settle_here(&mut self) -> Eval<()> {
        self.have_run();
        let Some(local) = &mut self.state.local else { return Ok(()) };
        let Some(last) = local.last.filter(|last| local.settled != Some(*last)) else { return Ok(()) };
        local.settled = Some(last);
        self.evaluator.may_ask()?;
        let graph = self.evaluator.part([last.vertex]);
        let part = crate::graph::Plan { graph, goals: vec![last.vertex], ..crate::graph::Plan::default() };
        // Where nothing may run, nothing is built either; but what comes next may need what it would have made.
        if !self.evaluator.facts.prepare(&part).await? {
            self.evaluator.leave_open();
        }
        Ok(())
    }

    /// `COPY` of artifacts to this machine.
    pub(super) async fn copy_here(&mut self, step: &Step, sources: Vec<Source>, options: &CopyOptions) -> Eval<()> {
        if let Some(owner) = &options.chown {
            return Err(unsupported("COPY --chown", owner.span)
                .help("what is copied is yours; use `chown` in a `RUN`")
                .into());
        }
        let mut dest = self.expand(&options.dest).await?;
        if sources.len() > 1 && !dest.is_empty() && !dest.ends_with('/') {
            dest.push('/');
        }
        let mode = self.mode(options.chmod.as_ref()).await?;
        for source in sources {
            let pattern = is_pattern(&source.path);
            let whole = source.path == "/";
            let path = if options.if_exists { as_pattern(&source.path) } else { source.path.clone() };
            let name = if pattern || whole { "/".to_owned() } else { format!("/{}", file_name(&source.path)) };
            let copy = CopyAction {
                wildcard: pattern || options.if_exists,
                allow_empty: options.if_exists,
                dir_contents: whole,
                follow_link: !options.no_follow,
                mode,
                timestamp: (!options.keep_ts).then_some(TIMESTAMP),
                ..CopyAction::new(source.from, path, name)
            };
            let tree = FileOp { base: None, actions: vec![FileAction::Copy(copy)] };
            let tree = self.add(step, Op::File(tree));
            let shape = if pattern || whole { ArtifactShape::Pattern } else { ArtifactShape::One };
            let dest =
                if pattern && !dest.is_empty() && !dest.ends_with('/') { format!("{dest}/") } else { dest.clone() };
            let copy = CopyIn { tree, shape, dest, dir: options.dir || whole, if_exists: options.if_exists };
            self.add_here(HostAction::CopyIn(copy), self.options(step.span, &step.text, true));
        }
        Ok(())
    }

    /// `SAVE ARTIFACT` of files of this machine: they are read when the commands in front of it have ended, and before the next one.
    pub(super) fn saved_here(
        &mut self,
        step: &Step,
        save: &SaveArtifact,
        source: &str,
    ) -> Eval<Option<(Output, String)>> {
        let Some(local) = &self.state.local else { return Ok(None) };
        if let Some(path) = &save.local {
            return Err(unsupported("SAVE ARTIFACT … AS LOCAL", path.span)
                .help("the file is on this machine already: use `cp` in a `RUN`")
                .into());
        }
        // The files are wanted by their own names, wherever they lie; wildcards match below the directory in front of the first one.
        let plain = source.split('/').take_while(|part| !is_pattern(part)).count();
        let parts: Vec<&str> = source.split('/').collect();
        let cut = plain.min(parts.len() - 1);
        let root = if cut <= 1 { "/".to_owned() } else { parts[..cut].join("/") };
        let name = parts[cut..].join("/");
        let op = LocalSource {
            root: PathBuf::from(root),
            include: vec![name.clone()],
            ignore: IgnoreFile::None,
            exclude: Vec::new(),
            after: local.last,
            since: self.moment.since(),
        };
        let from = self.add_with(step, Op::Local(op), &format!("files {source}"), false);
        // What comes next may change them.
        self.state.local = Some(Local { last: Some(from), ..local.clone() });
        Ok(Some((from, format!("/{name}"))))
    }

    /// The directory in which commands of this machine run.
    pub(super) fn workdir_here(&mut self, path: &str) -> bool {
        let Some(local) = &mut self.state.local else { return false };
        local.dir = directory(&local.dir, &absolute(&local.dir, path));
        true
    }
}

/// Refuses to go on from a target that made no image.
pub(super) fn check_image(instance: &Instance, span: Span) -> Result<(), Diagnostic> {
    if instance.saved.local.is_none() {
        return Ok(());
    }
    let message = format!("`{}` runs on this machine (`LOCALLY`), and makes no image", instance.target);
    Err(Diagnostic::error("no-image", span, message)
        .help("save files there with `SAVE ARTIFACT`, and `COPY` them; or run it with `BUILD`"))
}

pub(super) fn command_of(command: &CommandLine) -> ExecCommand {
    match command {
        CommandLine::Shell(text) => ExecCommand::Shell(text.as_literal().unwrap_or_default().to_owned()),
        CommandLine::Exec(args) => ExecCommand::Argv(args.clone()),
    }
}

fn refuse(secrets: &[Late<Option<SecretSpec>>], mounts: &[Late<MountSpec>], span: Span) -> Result<(), Diagnostic> {
    if !secrets.is_empty() {
        return Err(unsupported("--secret", span).help("the command sees the environment of rbuild itself"));
    }
    if !mounts.is_empty() {
        return Err(unsupported("--mount", span).help("the command sees the files of this machine"));
    }
    Ok(())
}

pub(super) fn unsupported(what: &str, span: Span) -> Diagnostic {
    Diagnostic::error("locally", span, format!("`{what}` is not supported behind `LOCALLY`"))
}
