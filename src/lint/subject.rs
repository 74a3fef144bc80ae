//! A file, as lints look at it.

use crate::analysis::program::{Arg, CommandLine, Recipe, Run, Step, StepKind, Unit, all_steps};
use crate::analysis::reference::Place;
use crate::source::Span;
use crate::syntax::ast::{File, Statement};
use std::sync::Arc;

/// A file without errors.
pub(super) struct Subject<'a> {
    /// What it means.
    pub unit: &'a Unit,
    /// What is written.
    pub tree: &'a File,
    /// Its text.
    pub text: &'a str,
    /// Its recipes.
    pub recipes: Vec<Body<'a>>,
    /// The files that its references mean.
    pub lookup: &'a Lookup<'a>,
}

/// The file that a place means; `None` where nobody knows.
pub(super) type Lookup<'a> = dyn Fn(&Place) -> Option<Arc<Unit>> + 'a;

/// The base recipe, or that of a target or a function.
pub(super) struct Body<'a> {
    /// Whether it is the base recipe.
    pub is_base: bool,
    /// Its commands.
    pub recipe: &'a Recipe,
    /// Every command, those inside of blocks too.
    pub steps: Vec<&'a Step>,
    /// From the first command to the end of the last one.
    pub span: Span,
}

impl<'a> Subject<'a> {
    /// Looks at a file.
    pub fn new(unit: &'a Unit, tree: &'a File, text: &'a str, lookup: &'a Lookup<'a>) -> Self {
        let base =
            Body { is_base: true, recipe: &unit.base, steps: all_steps(&unit.base), span: extent(unit, &tree.base) };
        let targets = unit.targets.values().chain(unit.functions.values()).filter_map(|target| {
            let written = tree.targets.iter().find(|written| written.name.span == target.name.span)?;
            let steps = all_steps(&target.recipe);
            Some(Body { is_base: false, recipe: &target.recipe, steps, span: written.span })
        });
        Self { unit, tree, text, recipes: std::iter::once(base).chain(targets).collect(), lookup }
    }

    /// The text of a span.
    pub fn str(&self, span: Span) -> &'a str {
        &self.text[span.start as usize..span.end as usize]
    }

    /// The text of a recipe behind a place in it.
    pub fn behind(&self, body: &Body<'_>, span: Span) -> &'a str {
        &self.text[span.end as usize..(body.span.end as usize).max(span.end as usize)]
    }

    /// The `ARG --global`s of the file.
    pub fn globals(&self) -> impl Iterator<Item = &'a Arg> {
        all_steps(&self.unit.base).into_iter().filter_map(|step| match &step.kind {
            StepKind::Arg(arg) if arg.global => Some(arg),
            _ => None,
        })
    }
}

fn extent(unit: &Unit, statements: &[Statement]) -> Span {
    let nothing = Span::new(unit.file, 0, 0);
    let mut spans = statements.iter().map(Statement::span);
    let Some(first) = spans.next() else { return nothing };
    spans.next_back().map_or(first, |last| first.to(last))
}

/// The `RUN` of a step, that inside of `WITH DOCKER` too.
pub(super) fn run_of(step: &Step) -> Option<&Run> {
    match &step.kind {
        StepKind::Run(run) => Some(run),
        StepKind::WithDocker(docker) => Some(&docker.run),
        _ => None,
    }
}

/// The shell text of a `RUN`.
pub(super) fn script(run: &Run) -> Option<&str> {
    match &run.command {
        CommandLine::Shell(text) => text.as_literal(),
        CommandLine::Exec(_) => None,
    }
}

/// Whether a step may run a program, which sees variables without naming them in the file.
pub(super) fn may_run(step: &Step) -> bool {
    matches!(
        step.kind,
        StepKind::Run(_) | StepKind::WithDocker(_) | StepKind::If(_) | StepKind::For(_) | StepKind::Do(_)
    ) || step.text.contains("$(")
}
