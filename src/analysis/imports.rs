//! What names of imports mean at some place of a recipe.

use super::analyser::Analyser;
use super::program::{ArtifactCall, Call, FromSource, Import, Late, Step, StepKind};
use super::reference::{Place, TargetRef};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::suggest::nearest;
use std::collections::HashMap;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Imported {
    /// `None`: known only when the recipe runs.
    place: Option<Place>,
    allow_privileged: bool,
    span: Span,
}

/// The imports of a recipe so far, and those of the base recipe, which every recipe of the file sees.
#[derive(Debug, Clone, Default)]
pub(super) struct Imports {
    own: HashMap<String, Imported>,
    base: HashMap<String, Imported>,
}

impl Imports {
    /// Those at the start of a target or function, given those at the end of the base recipe.
    pub(super) fn below(base: &Self) -> Self {
        Self { own: HashMap::new(), base: base.own.clone() }
    }

    /// Notes an import.
    pub(super) fn declare(&mut self, analyser: &mut Analyser<'_>, import: &Import) {
        let place = import.place.known().cloned();
        let imported = Imported { place, allow_privileged: import.allow_privileged, span: import.alias.span };
        if let Some(first) = self.own.insert(import.alias.text.clone(), imported) {
            let message = format!("two imports are called `{}`", import.alias.text);
            let fault = Diagnostic::error("import-twice", import.alias.span, message);
            analyser
                .fault(fault.label(first.span, "the first one").help("give one of them another name with `AS name`"));
        }
    }

    /// Puts places into a step's references that name imports. Those that the run has to find stay.
    pub(super) fn apply(&self, analyser: &mut Analyser<'_>, step: &mut Step) {
        for call in calls(step) {
            let Late::Known(TargetRef { place, .. }) = &mut call.target else { continue };
            let Place::Alias(alias) = place else { continue };
            match self.own.get(alias).or_else(|| self.base.get(alias)) {
                Some(Imported { place: Some(known), allow_privileged, .. }) => {
                    *place = known.clone();
                    call.passing.allow_privileged |= allow_privileged;
                }
                Some(Imported { place: None, .. }) => {}
                None if analyser.incomplete => {}
                None => {
                    let names = self.own.keys().chain(self.base.keys()).map(String::as_str);
                    analyser.fault(unknown(alias, names, call.span));
                }
            }
        }
    }

    /// What is known behind branches that ended with these.
    pub(super) fn join(&mut self, branches: &[Self]) {
        for (alias, imported) in branches.iter().flat_map(|branch| &branch.own) {
            let held = self.own.entry(alias.clone()).or_insert_with(|| imported.clone());
            if (&held.place, held.allow_privileged) != (&imported.place, imported.allow_privileged) {
                held.place = None;
            }
        }
    }
}

/// The fault of a reference by a name that no `IMPORT` gave.
#[must_use]
pub fn unknown<'a>(alias: &str, names: impl Iterator<Item = &'a str>, span: Span) -> Diagnostic {
    let fault = Diagnostic::error("unknown-import", span, format!("no `IMPORT` is called `{alias}`"));
    fault.help(match nearest(alias, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("for a directory write `./{alias}`; for another name of it, `IMPORT ./directory AS {alias}`"),
    })
}

fn calls(step: &mut Step) -> Vec<&mut Call> {
    match &mut step.kind {
        StepKind::From(from) => match &mut from.source {
            FromSource::Target(call) => vec![call],
            FromSource::Image(_) => Vec::new(),
        },
        StepKind::CopyArtifacts(copy) => copy.sources.iter_mut().filter_map(ArtifactCall::call_mut).collect(),
        StepKind::Build(build) => vec![&mut build.call],
        StepKind::WithDocker(block) => block.loads.iter_mut().map(|load| &mut load.call).collect(),
        StepKind::Do(call) => vec![call],
        _ => Vec::new(),
    }
}
