//! Walks one recipe.

use super::blank::Blank;
use super::evaluator::{Evaluator, hold};
use super::fault::{Eval, Fault};
use super::home::{Home, Imports};
use super::instance::{Instance, Key};
use super::moment::Moment;
use super::scope::Scope;
use super::state::State;
use crate::analysis::needs_image;
use crate::analysis::program::{Recipe, Step, StepKind, Unit};
use crate::diagnostic::Diagnostic;
use crate::digest::VertexId;
use crate::engine::EngineError;
use crate::graph::image::ImageConfig;
use crate::graph::op::ByHand;
use crate::graph::{Exec, Op, Options, Output};
use crate::source::Span;
use crate::trace::{Call, Trace};
use futures_util::future::BoxFuture;
use indexmap::IndexMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The most that open functions and blocks may weigh together. The stack bounds it: what is nested is walked inside of what is around it.
const MAX_NESTING: usize = 80;

/// What a step needs of the stack while what it holds is walked: a block twice as much as a call.
fn weight(kind: &StepKind) -> usize {
    match kind {
        StepKind::Do(_) => 1,
        StepKind::If(_) | StepKind::For(_) | StepKind::Wait(_) | StepKind::Try(_) => 2,
        _ => 0,
    }
}

/// The command's name in a step's text.
pub(super) fn keyword(text: &str) -> &str {
    let mut blanks = text.match_indices(' ').map(|(at, _)| at);
    let end = match text.split(' ').next() {
        Some("SAVE" | "GIT" | "WITH") => blanks.nth(1),
        _ => blanks.next(),
    };
    &text[..end.unwrap_or(text.len())]
}

/// A recipe that is being walked.
pub(super) struct Frame<'a> {
    pub(super) evaluator: &'a Arc<Evaluator>,
    pub(super) key: &'a Arc<Key>,
    pub(super) unit: &'a Arc<Unit>,
    pub(super) depth: usize,
    pub(super) scope: Scope,
    pub(super) home: Home,
    pub(super) state: State,
    /// What the recipe gives so far.
    pub(super) instance: Instance,
    /// What has happened to files of this machine.
    pub(super) moment: Moment,
    /// The state at the last `SAVE IMAGE`.
    pub(super) saved: Option<State>,
    /// The target as shown.
    pub(super) display: Arc<str>,
    /// The same with what sets this instance apart from others of the target: what progress shows.
    pub(super) shown: Arc<str>,
    /// The first `RUN --push` of an old recipe.
    pub(super) first_push: Option<Span>,
    /// Whether a `TRY` has failed, and saves what there is.
    pub(super) rescuing: bool,
    /// Variables without a value that the current command names.
    pub(super) blanks: Mutex<Vec<Blank>>,
    /// A `RUN` with which somebody works, if there is one, and where it stands.
    pub(super) by_hand: Option<(ByHand, Span)>,
    /// Where the recipe begins with a target that has no image either.
    pub(super) hollow: Option<Span>,
    /// What the last `RUN` ran.
    pub(super) last_run: Option<Exec>,
    /// What the open blocks and functions weigh.
    nesting: usize,
    /// What [`Instance::asked`] becomes; words are expanded, and so commands run, in many places.
    asked: Mutex<Vec<VertexId>>,
    /// How many commands of this machine the recipe has so far.
    here: AtomicUsize,
    /// How many of them have run.
    settled: usize,
}

impl<'a> Frame<'a> {
    /// Begins a recipe: from the base recipe's end, or from nothing.
    pub(super) fn new(
        evaluator: &'a Arc<Evaluator>,
        key: &'a Arc<Key>,
        unit: &'a Arc<Unit>,
        depth: usize,
        base: Option<&Instance>,
        trace: &Trace,
        moment: Moment,
    ) -> Self {
        let state = base.map_or_else(|| State::new(key.platform.clone()), |base| base.saved.clone());
        let globals = base.map(|base| base.globals.clone()).unwrap_or_default();
        let imports = base.map(|base| base.imports.clone()).unwrap_or_default();
        let target: Arc<str> = evaluator.display(&key.dir, &key.target).into();
        let instance = Instance {
            target: target.clone(),
            saved: state.clone(),
            globals: IndexMap::new(),
            imports: Imports::new(),
            artifacts: None,
            by_hand: None,
            images: Vec::new(),
            locals: Vec::new(),
            last: None,
            left: Vec::new(),
            push_steps: Vec::new(),
            asked: Vec::new(),
            builds: Vec::new(),
            // What the base recipe builds and uses is done for every target, and gives no outputs.
            uses: base
                .map(|base| base.uses.iter().chain(base.builds.iter().map(|(key, _)| key)).cloned().collect())
                .unwrap_or_default(),
            moment,
        };
        Self {
            evaluator,
            key,
            unit,
            depth,
            scope: Scope::new(globals),
            home: Home::of(key, imports, trace.clone()),
            state: State { cmd_set: false, caches: Vec::new(), ..state },
            instance,
            moment: base.map_or(moment, |base| moment.and(base.moment)),
            saved: None,
            display: target,
            shown: evaluator.shown(key).into(),
            first_push: None,
            rescuing: false,
            blanks: Mutex::default(),
            by_hand: base.and_then(|base| base.by_hand),
            hollow: None,
            last_run: None,
            here: AtomicUsize::new(0),
            settled: 0,
            nesting: 0,
            asked: Mutex::new(base.map(|base| base.asked.clone()).unwrap_or_default()),
        }
    }

    /// Ends the recipe.
    pub(super) fn finish(mut self) -> Instance {
        self.instance.last = self.state.last().map(|last| last.vertex);
        self.instance.globals = self.scope.globals;
        self.instance.imports = self.home.imports;
        self.instance.moment = self.moment;
        self.instance.by_hand = self.by_hand;
        self.instance.saved = self.saved.unwrap_or(self.state);
        self.instance.asked = self.asked.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.instance
    }

    pub(super) async fn walk(&mut self, recipe: &Recipe) -> Eval<()> {
        self.steps(recipe).await?;
        match recipe.last() {
            Some(step) => self.persist(step).await,
            None => Ok(()),
        }
    }

    /// Walks commands. Functions call each other through here: nothing large may lie on the stack between two calls, so every
    /// command is walked in a box.
    pub(super) fn steps<'s>(&'s mut self, recipe: &'s [Step]) -> BoxFuture<'s, Eval<()>> {
        Box::pin(async move {
            for step in recipe {
                let weight = weight(&step.kind);
                if weight > 0 && self.nesting + weight > MAX_NESTING {
                    return Err(Diagnostic::error("too-deep", step.span, "functions and blocks are nested too deep")
                        .help("functions that call each other have to end the chain")
                        .into());
                }
                self.nesting += weight;
                self.blanks().clear();
                if let Err(fault) = self.boxed(step).await {
                    return Err(self.with_blanks(fault, step.span));
                }
                self.nesting -= weight;
            }
            // What is wrong with the end of a block has nothing to do with its last command.
            self.blanks().clear();
            Ok(())
        })
    }

    fn boxed<'s>(&'s mut self, step: &'s Step) -> BoxFuture<'s, Eval<()>> {
        match &step.kind {
            StepKind::Do(call) => Box::pin(self.call_function(step, call)),
            _ => Box::pin(self.command(step)),
        }
    }

    /// Walks a block or a command, where it may stand.
    async fn command(&mut self, step: &Step) -> Eval<()> {
        self.check_locally(step)?;
        self.check_by_hand(step)?;
        self.check_push_phase(step).await?;
        match &step.kind {
            StepKind::If(block) => self.condition(block).await,
            StepKind::For(block) => self.iteration(step, block).await,
            StepKind::Wait(body) => self.wait(step, body).await,
            StepKind::Try(block) => self.try_block(step, block).await,
            // In a box of its own, so that no block needs the room that it takes.
            _ => Box::pin(self.step(step)).await,
        }
    }

    /// Notes a step that is asked, or the end of a branch that may not be taken.
    pub(super) fn note_asked(&self, vertex: VertexId) {
        self.evaluator.leave_open();
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if !asked.contains(&vertex) {
            asked.push(vertex);
        }
    }

    /// The number of a command of this machine, from 1.
    pub(super) fn count_here(&self) -> usize {
        self.here.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Goes on to the moment at which the commands of this machine have run that the recipe has so far.
    pub(super) fn have_run(&mut self) {
        let count = self.here.load(Ordering::Relaxed);
        if std::mem::replace(&mut self.settled, count) != count {
            self.moment = self.moment.after(self.key);
        }
    }

    async fn step(&mut self, step: &Step) -> Eval<()> {
        let needs_from = !matches!(
            step.kind,
            StepKind::From(_)
                | StepKind::FromDockerfile(_)
                | StepKind::Locally
                | StepKind::Build(_)
                | StepKind::Arg(_)
                | StepKind::Let(_)
                | StepKind::Set(_)
                | StepKind::Project
                | StepKind::Import(_)
                | StepKind::Unsupported(_)
        );
        if needs_from && !self.state.begun {
            return Err(self.needs_image(keyword(&step.text), step.span).into());
        }
        match &step.kind {
            StepKind::Locally => self.locally(step),
            StepKind::From(from) => self.from(step, from).await,
            StepKind::FromDockerfile(from) => self.start_from_dockerfile(step, from).await,
            StepKind::Run(run) if self.state.local.is_some() => self.run_locally(step, run).await,
            StepKind::Run(run) => self.run(step, run).await,
            StepKind::CopyContext(copy) => self.copy_context(step, copy).await,
            StepKind::Add(add) => self.add_sources(step, add).await,
            StepKind::CopyArtifacts(copy) => self.copy_artifacts(step, copy).await,
            StepKind::SaveArtifact(save) => self.save_artifact(step, save).await,
            StepKind::SaveImage(save) => self.save_image(step, save).await,
            StepKind::Build(build) => self.build(step, build).await,
            StepKind::Arg(arg) => self.arg(step, arg).await,
            StepKind::Let(assignment) => {
                let value = self.expand(&assignment.value).await?;
                self.scope.declare(&assignment.name.text, value);
                Ok(())
            }
            StepKind::Set(assignment) => {
                let value = self.expand(&assignment.value).await?;
                Ok(self.scope.set(&assignment.name, value)?)
            }
            StepKind::Env(assignment) => {
                let value = self.expand(&assignment.value).await?;
                self.state.patch.env.insert(assignment.name.text.clone(), value);
                Ok(())
            }
            StepKind::Workdir(path) => self.workdir(step, path).await,
            StepKind::User(user) => {
                self.state.patch.user = Some(self.expand(user).await?);
                Ok(())
            }
            StepKind::Cmd(command) => {
                self.state.patch.cmd = Some(self.command_line(command).await?);
                self.state.cmd_set = true;
                Ok(())
            }
            StepKind::Entrypoint(command) => {
                self.state.patch.entrypoint = Some(self.command_line(command).await?);
                if !self.state.cmd_set {
                    self.state.patch.cmd = Some(Vec::new());
                }
                Ok(())
            }
            StepKind::Expose(ports) => self.expose(ports).await,
            StepKind::Label(labels) => self.label(labels).await,
            StepKind::Volume(paths) => {
                for path in paths {
                    let path = self.expand_filled(path, "the path of `VOLUME`").await?;
                    self.state.patch.volumes.push(path);
                }
                Ok(())
            }
            StepKind::Shell(args) => {
                self.state.patch.other.insert("Shell".to_owned(), args.clone().into());
                Ok(())
            }
            StepKind::Stopsignal(signal) => self.stopsignal(signal).await,
            StepKind::Healthcheck(check) => self.healthcheck(check).await,
            StepKind::Cache(cache) => self.cache(step, cache).await,
            StepKind::Host(host) => self.host(host).await,
            StepKind::Import(import) => self.import(import).await,
            StepKind::WithDocker(block) => self.with_docker(step, block).await,
            StepKind::GitClone(clone) => self.git_clone(step, clone).await,
            StepKind::Project => Ok(()),
            StepKind::Unsupported(faults) => match faults.first() {
                Some(fault) => Err(fault.clone().into()),
                None => Ok(()),
            },
            StepKind::Do(_) | StepKind::If(_) | StepKind::For(_) | StepKind::Wait(_) | StepKind::Try(_) => {
                unreachable!("what holds commands has been walked")
            }
        }
    }

    /// Refuses what works on an image where there is none.
    pub(super) fn needs_image(&self, what: &str, span: Span) -> Diagnostic {
        let fault = needs_image(what, span);
        match self.hollow {
            Some(from) => fault.label(from, "what it begins with has no image"),
            None => fault,
        }
    }

    /// The way on through a command that leads into another recipe.
    pub(super) fn through(&self, step: &Step) -> Trace {
        let location = self.evaluator.location(step.span);
        self.home.trace.through(Call { target: self.shown.clone(), command: step.text.as_str().into(), location })
    }

    /// Adds a vertex that belongs to a command.
    pub(super) fn add(&self, step: &Step, op: Op) -> Output {
        self.add_with(step, op, &step.text, false)
    }

    /// The same under another name, or as one that runs in any case.
    pub(super) fn add_with(&self, step: &Step, op: Op, name: &str, uncached: bool) -> Output {
        self.add_at(step.span, op, name, uncached)
    }

    /// The same for a part of a command.
    pub(super) fn add_at(&self, span: Span, op: Op, name: &str, uncached: bool) -> Output {
        self.evaluator.add(op, || self.options(span, name, uncached))
    }

    /// What is noted with a vertex of a command.
    pub(super) fn options(&self, span: Span, name: &str, uncached: bool) -> Options {
        Options {
            target: self.shown.clone(),
            name: name.into(),
            span,
            location: self.evaluator.location(span),
            trace: self.home.trace.clone(),
            uncached,
            data_roots: None,
            raw_output: false,
        }
    }

    /// The configuration of the image that the state began with; an empty one for `scratch`, `None` where it is not known yet.
    pub(super) async fn image_config(&self, span: Span) -> Eval<Option<Arc<ImageConfig>>> {
        match &self.state.image {
            None => Ok(Some(Arc::default())),
            Some((vertex, image)) => {
                let answer = self.evaluator.facts.image_config(image).await;
                // Whichever command needs the configuration first: what has to be mended stands in the `FROM`.
                let span = self.evaluator.span(*vertex).unwrap_or(span);
                answer.map_err(|error: EngineError| Fault::Engine { error, span })
            }
        }
    }

    /// The working directory, absolute.
    pub(super) async fn working_dir(&self, span: Span) -> Eval<String> {
        if let Some(local) = &self.state.local {
            return Ok(local.dir.clone());
        }
        if let Some(path) = &self.state.patch.workdir {
            return Ok(path.clone());
        }
        Ok(match self.image_config(span).await? {
            Some(config) if config.working_dir.is_empty() => "/".to_owned(),
            Some(config) => config.working_dir.clone(),
            None => format!("/{}", self.placeholder("working directory")),
        })
    }

    /// The user that owns what is copied: the recipe's, else the image's; `None` is root.
    pub(super) async fn user(&self, span: Span) -> Eval<Option<String>> {
        let user = match &self.state.patch.user {
            Some(user) => user.clone(),
            None => self.image_config(span).await?.map(|config| config.user.clone()).unwrap_or_default(),
        };
        Ok(Some(user).filter(|user| !user.is_empty()))
    }

    /// What stands in a plan for a value that only the image knows.
    pub(super) fn placeholder(&self, what: &str) -> String {
        self.evaluator.guess();
        let image = self.state.image.as_ref().map_or("scratch", |(_, image)| &image.reference);
        let placeholder = format!("<{what} of {image}>");
        hold(&self.evaluator.placeholders).insert(placeholder.clone());
        placeholder
    }

    /// What stands in a plan for what only a step knows. It is no pattern and no reference, whatever the step's command is.
    pub(super) fn unknown(&self, what: &str) -> String {
        self.evaluator.guess();
        format!("<{}>", what.replace(['*', '?', '[', ']', '+'], "_"))
    }
}
