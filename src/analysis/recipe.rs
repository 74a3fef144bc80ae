//! Recipes: their commands in order, and what the order forbids.

use super::analyser::Analyser;
use super::commands::{step, with_docker};
use super::imports::Imports;
use super::names::Names;
use super::program::{Flag, Recipe, Step, StepKind};
use super::step_text::step_text;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Command, Keyword, Statement};

/// Whose recipe it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    Base,
    Target,
    Function,
}

/// Whether there is something to run commands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Started {
    No,
    /// A block or a function may have brought it; the run will tell.
    Maybe,
    Yes,
}

/// What is known at some place of a recipe.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) names: Names,
    pub(super) imports: Imports,
    pub(super) started: Started,
    /// The first `RUN --push`, where nothing else may follow it.
    pushed: Option<Span>,
}

impl State {
    pub(super) fn new(names: Names, imports: Imports, started: Started) -> Self {
        Self { names, imports, started, pushed: None }
    }
}

/// Reads the statements of a recipe. `state` is what is known in front of them, and then behind them.
pub(super) fn recipe(analyser: &mut Analyser<'_>, home: Home, state: &mut State, statements: &[Statement]) -> Recipe {
    let mut walk = Walk { analyser, home, steps: Vec::new() };
    walk.statements(state, statements);
    walk.steps
}

/// Walks statements. Parsing bounds the depth of blocks.
pub(super) struct Walk<'w, 'a> {
    pub(super) analyser: &'w mut Analyser<'a>,
    home: Home,
    /// The steps of the innermost block that is open.
    pub(super) steps: Recipe,
}

impl Walk<'_, '_> {
    pub(super) fn statements(&mut self, state: &mut State, statements: &[Statement]) {
        for statement in statements {
            match statement {
                Statement::Command(command) => self.command(state, command),
                Statement::With(block) => {
                    self.check_order(state, &block.header);
                    let step = with_docker(self.analyser, block);
                    self.push(state, step, &block.header);
                }
                block => {
                    self.check_push(state, None, block.span());
                    let step = self.block_step(state, block);
                    self.steps.extend(step);
                }
            }
        }
    }

    fn command(&mut self, state: &mut State, command: &Command) {
        self.check_order(state, command);
        let step = step(self.analyser, command);
        self.push(state, step, command);
    }

    /// Checks a step in its place, and keeps it. Of a command that cannot be built yet, what to say about it is kept.
    fn push(&mut self, state: &mut State, mut step: Option<Step>, command: &Command) {
        if let Some(step) = &mut step {
            state.imports.apply(self.analyser, step);
            self.check_step(state, step);
        }
        let later = self.analyser.take_later();
        let step = if later.is_empty() {
            step
        } else {
            Some(Step { span: command.span, text: step_text(command), kind: StepKind::Unsupported(later) })
        };
        if let Some(step) = step {
            self.steps.push(step);
        }
    }

    /// Reports a command that needs an image to start from, where there is none. Once for each recipe is enough.
    fn check_order(&mut self, state: &mut State, command: &Command) {
        match command.keyword {
            Keyword::From | Keyword::FromDockerfile | Keyword::Locally => state.started = Started::Yes,
            Keyword::Do => state.started = state.started.max(Started::Maybe),
            Keyword::Build | Keyword::Arg | Keyword::Let | Keyword::Set | Keyword::Import | Keyword::Project => {}
            keyword if state.started == Started::No && is_step(keyword) && !self.analyser.incomplete => {
                self.analyser.fault(needs_image(keyword.as_str(), command.span));
                state.started = Started::Maybe;
            }
            _ => {}
        }
    }

    fn check_step(&mut self, state: &mut State, step: &Step) {
        match &step.kind {
            StepKind::Arg(arg) => {
                if arg.global && self.home != Home::Base {
                    let message = "a global `ARG` can stand in the base recipe only".to_owned();
                    let help = "move it above the first target, or remove `--global`";
                    self.analyser.error::<()>("global-arg", step.span, message, help);
                }
                state.names.arg(self.analyser, arg);
            }
            StepKind::Let(assignment) => state.names.r#let(self.analyser, assignment),
            StepKind::Set(assignment) => state.names.set(self.analyser, assignment),
            StepKind::Import(import) => state.imports.declare(self.analyser, import),
            _ => {}
        }
        self.check_push(state, Some(&step.kind), step.span);
    }

    /// Before `WAIT` there was a push phase at the end of a target, which only pushes could belong to.
    fn check_push(&mut self, state: &mut State, kind: Option<&StepKind>, span: Span) {
        if self.analyser.features.wait_block() {
            return;
        }
        match (kind, state.pushed) {
            (Some(StepKind::Run(run)), None) if run.push == Flag::Known(true) => state.pushed = Some(span),
            (Some(StepKind::Run(run)), _) if run.push != Flag::Known(false) => {}
            (Some(StepKind::SaveImage(save)), _) if save.push => {}
            (_, Some(push)) => {
                self.analyser.fault(push_last(span, push));
                // Once is enough.
                state.pushed = None;
            }
            (_, None) => {}
        }
    }
}

/// What is wrong with a command that works on an image, where there is none.
#[must_use]
pub fn needs_image(keyword: &str, span: Span) -> Diagnostic {
    Diagnostic::error("needs-from", span, format!("`{keyword}` needs an image to start from"))
        .help("write `FROM`, `FROM DOCKERFILE` or `LOCALLY` in front of it, for example `FROM alpine:3.22`")
}

/// What is wrong with a command behind a `RUN --push` at `push`, before 0.7.
#[must_use]
pub fn push_last(span: Span, push: Span) -> Diagnostic {
    let message = "only pushes may follow a `RUN --push` in this version of the language";
    Diagnostic::error("push-last", span, message)
        .label(push, "the push")
        .help("move it in front of the push, or move to `VERSION 0.7`")
}

/// What is known behind branches of which one is taken.
pub(super) fn merge(state: &mut State, ends: &[State]) {
    let names: Vec<Names> = ends.iter().map(|end| end.names.clone()).collect();
    state.names.join(&names);
    let imports: Vec<Imports> = ends.iter().map(|end| end.imports.clone()).collect();
    state.imports.join(&imports);
    let all = ends.iter().map(|end| end.started).min().unwrap_or(state.started);
    let any = ends.iter().map(|end| end.started).max().unwrap_or(state.started);
    state.started = if all == any { all } else { Started::Maybe };
}

/// Whether a command does something to an image.
const fn is_step(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::Add
            | Keyword::Cache
            | Keyword::Cmd
            | Keyword::Copy
            | Keyword::Entrypoint
            | Keyword::Env
            | Keyword::Expose
            | Keyword::GitClone
            | Keyword::Healthcheck
            | Keyword::Host
            | Keyword::Label
            | Keyword::Run
            | Keyword::SaveArtifact
            | Keyword::SaveImage
            | Keyword::Shell
            | Keyword::Stopsignal
            | Keyword::User
            | Keyword::Volume
            | Keyword::WithDocker
            | Keyword::Workdir
    )
}
