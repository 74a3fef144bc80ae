//! A whole file: from syntax tree to unit.

use super::analyser::Analyser;
use super::cycles::cycles;
use super::features::{Feature, Features};
use super::imports::Imports;
use super::names::Names;
use super::program::{Target, Unit};
use super::recipe::{Home, Started, State, recipe};
use super::reference::Place;
use super::targets::{known, missing};
use crate::diagnostic::Diagnostic;
use crate::source::FileId;
use crate::syntax::ast::{self, Args, Command, Keyword, Statement};
use indexmap::IndexMap;

/// What is not in the text.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether the file is called `Buildfile`: without a `VERSION` line it is of version 1.0.
    pub buildfile: bool,
    /// Whether the text has faults for which lines are missing in the tree. Nothing is reported then that such a line may
    /// be the reason of, for example a `FROM` that is not there.
    pub incomplete: bool,
    /// Whether whole targets may be missing in the tree, so that nothing can be said of references to them.
    pub targets_lost: bool,
    /// Features that the user turned on for every file.
    pub overrides: Vec<Feature>,
}

/// Reads a file and finds all its faults, in the order of their places. The unit is whole where there is no error among them;
/// otherwise what is faulty is missing from it.
#[must_use]
pub fn analyse(file: FileId, ast: &ast::File, options: &Options) -> (Unit, Vec<Diagnostic>) {
    let (mut features, faults) = Features::of(file, ast.version.as_ref(), options.buildfile);
    options.overrides.iter().for_each(|&feature| features.enable(feature));

    let mut analyser = Analyser::new(&features, options.incomplete, faults);
    let mut base_state = State::new(Names::default(), Imports::default(), Started::No);
    let base = recipe(&mut analyser, Home::Base, &mut base_state, &ast.base);
    let mut targets = IndexMap::new();
    let mut functions = IndexMap::new();
    for target in &ast.targets {
        let read = match target.kind {
            ast::TargetKind::Target => target_of(&mut analyser, target, &base_state),
            ast::TargetKind::Function => function_of(&mut analyser, target, &base_state),
        };
        let all = match target.kind {
            ast::TargetKind::Target => &mut targets,
            ast::TargetKind::Function => &mut functions,
        };
        // Parsing leaves one of each name.
        all.entry(read.name.text.clone()).or_insert(read);
    }

    let mut faults = analyser.into_faults();
    let unit = Unit { file, features, base, targets, functions };
    if !options.targets_lost {
        let here = known(&unit).filter(|(target, _)| target.place == Place::Here);
        faults.extend(here.filter_map(|(target, span)| missing(&unit, target, span)));
    }
    faults.extend(cycles(&unit));
    faults.sort_by_key(|fault| fault.span().map(|span| (span.start, span.end)));
    (unit, faults)
}

fn target_of(analyser: &mut Analyser<'_>, target: &ast::Target, base: &State) -> Target {
    let mut state = State::new(Names::of_target(&base.names), Imports::below(&base.imports), base.started);
    let recipe = recipe(analyser, Home::Target, &mut state, &target.recipe);
    Target { name: target.name.clone(), docs: target.docs.clone(), recipe }
}

fn function_of(analyser: &mut Analyser<'_>, function: &ast::Target, base: &State) -> Target {
    let body = match function.recipe.split_first() {
        Some((Statement::Command(command), body))
            if matches!(command.keyword, Keyword::Function | Keyword::Command) =>
        {
            check_head(analyser, command);
            body
        }
        _ => {
            let keyword = head(analyser.features);
            let message = format!("the function `{}` does not begin with `{keyword}`", function.name.text);
            let target = function.name.text.to_lowercase().replace('_', "-");
            let help = format!("write `{keyword}` as its first command; if it is a target, call it `{target}`");
            analyser.error::<()>("function-head", function.name.span, message, &help);
            function.recipe.as_slice()
        }
    };
    // A function goes on from whatever its caller has.
    let mut state = State::new(Names::default(), Imports::below(&base.imports), Started::Maybe);
    let recipe = recipe(analyser, Home::Function, &mut state, body);
    Target { name: function.name.clone(), docs: function.docs.clone(), recipe }
}

/// The keyword that functions begin with.
fn head(features: &Features) -> Keyword {
    if features.use_function_keyword() { Keyword::Function } else { Keyword::Command }
}

fn check_head(analyser: &mut Analyser<'_>, command: &Command) {
    let keyword = head(analyser.features);
    if command.keyword != keyword {
        let message =
            format!("functions begin with `{keyword}` in this version of the language, not with `{}`", command.keyword);
        analyser.error::<()>("function-head", command.span, message, &format!("write `{keyword}`"));
    }
    if let Args::Words(words) = &command.args
        && let Some(extra) = words.first()
    {
        let message = format!("`{}` takes no arguments; unexpected `{}`", command.keyword, extra.text);
        analyser.error::<()>("extra-argument", extra.span, message, "declare the function's arguments with `ARG`");
    }
}
