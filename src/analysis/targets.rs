//! The targets that steps call, and whether the file has them.

use super::program::{ArtifactCall, Call, DockerPath, FromSource, Late, Step, StepKind, Unit, all_steps};
use super::reference::{Place, TargetRef, is_function_name};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::suggest::nearest;

/// The name of the base recipe, which every file has.
pub(super) const BASE: &str = "base";
/// As many names are worth being listed.
const LISTED: usize = 8;

/// The calls of a step, of targets and of functions.
#[must_use]
pub fn calls(step: &Step) -> Vec<&Call> {
    match &step.kind {
        StepKind::From(from) => match &from.source {
            FromSource::Target(call) => vec![call],
            FromSource::Image(_) => Vec::new(),
        },
        StepKind::CopyArtifacts(copy) => copy.sources.iter().filter_map(ArtifactCall::call).collect(),
        StepKind::Build(build) => vec![&build.call],
        StepKind::FromDockerfile(from) => {
            from.file.iter().chain([&from.context]).filter_map(DockerPath::call).collect()
        }
        StepKind::WithDocker(block) => block.loads.iter().map(|load| &load.call).collect(),
        StepKind::Do(call) => vec![call],
        _ => Vec::new(),
    }
}

/// Whether a step hands its recipe's arguments on to another target, or to what a variable may turn out to name.
#[must_use]
pub fn passes_args(step: &Step) -> bool {
    let open = match &step.kind {
        StepKind::From(from) => vec![&from.passing],
        StepKind::CopyContext(copy) => vec![&copy.passing],
        StepKind::CopyArtifacts(copy) => copy.sources.iter().map(ArtifactCall::passing).collect(),
        StepKind::FromDockerfile(from) if from.may_name_an_artifact() => vec![&from.passing],
        _ => Vec::new(),
    };
    calls(step).into_iter().map(|call| &call.passing).chain(open).any(|passing| passing.pass_args)
}

/// Every target that a file names, with its place: those whose name is known before anything runs.
pub(super) fn known(unit: &Unit) -> impl Iterator<Item = (&TargetRef, Span)> {
    let recipes = std::iter::once(&unit.base)
        .chain(unit.targets.values().map(|target| &target.recipe))
        .chain(unit.functions.values().map(|function| &function.recipe));
    recipes.flat_map(all_steps).flat_map(known_in)
}

/// The targets that a step names.
pub(super) fn known_in(step: &Step) -> impl Iterator<Item = (&TargetRef, Span)> {
    calls(step).into_iter().filter_map(|call| match &call.target {
        Late::Known(target) => Some((target, call.span)),
        Late::Expand(_) => None,
    })
}

/// The fault of a reference to a target or a function that `owner` does not have.
#[must_use]
pub fn missing(owner: &Unit, target: &TargetRef, span: Span) -> Option<Diagnostic> {
    let (all, kind) =
        if is_function_name(&target.target) { (&owner.functions, "function") } else { (&owner.targets, "target") };
    if target.target == BASE || all.contains_key(&target.target) {
        return None;
    }
    let names = || all.keys().map(String::as_str);
    let shown = |name: &str| TargetRef { place: target.place.clone(), target: name.to_owned() }.to_string();
    let message = match &target.place {
        Place::Here => format!("there is no {kind} `{target}` in this file"),
        Place::Directory(place) | Place::Remote(place) | Place::Alias(place) => {
            format!("there is no {kind} `{}` in `{place}`", target.target)
        }
    };
    let fault = Diagnostic::error(if kind == "target" { "unknown-target" } else { "unknown-function" }, span, message);
    Some(if let Some(name) = nearest(&target.target, names()) {
        fault.help(format!("did you mean `{}`?", shown(name)))
    } else if all.is_empty() {
        fault.help(format!("there are no {kind}s at all"))
    } else {
        let more = if all.len() > LISTED { ", …" } else { "" };
        let list: Vec<String> = names().take(LISTED).map(|name| format!("`{}`", shown(name))).collect();
        fault.help(format!("its {kind}s are {}{more}", list.join(", ")))
    })
}
