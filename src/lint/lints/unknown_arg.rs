//! `unknown-arg`.

use crate::analysis::program::{BuildArg, Call, Late, Step, StepKind, Unit, all_steps};
use crate::analysis::reference::{Place, TargetRef};
use crate::analysis::signature::BASE;
use crate::analysis::{calls, passes_args};
use crate::diagnostic::Diagnostic;
use crate::lint::catalogue::UNKNOWN_ARG;
use crate::lint::subject::Subject;
use crate::syntax::suggest::nearest;
use std::collections::BTreeSet;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for step in subject.recipes.iter().flat_map(|body| &body.steps) {
        let calls: Vec<_> = calls(step).into_iter().map(|call| (call, taken(subject, call))).collect();
        // `--build-arg` is for all targets of a command: one that takes it is enough.
        let is_taken = |arg: &BuildArg| {
            let of = calls.iter().filter(|(call, _)| call.passing.args.iter().any(|own| own.span == arg.span));
            of.clone().any(|(_, names)| names.as_ref().is_none_or(|names| names.contains(&arg.name)))
        };
        let mut told = BTreeSet::new();
        for (call, names) in &calls {
            for arg in call.passing.args.iter().filter(|arg| !is_taken(arg)) {
                if let (true, Late::Known(target), Some(names)) = (told.insert(arg.span), &call.target, names) {
                    found.push(unknown(arg, target, names));
                }
            }
        }
    }
}

fn unknown(arg: &BuildArg, target: &TargetRef, names: &[String]) -> Diagnostic {
    let name = &arg.name;
    let help = match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `--{near}`?"),
        None => format!("remove it, or write `ARG {name}` there"),
    };
    UNKNOWN_ARG.at(arg.span, format!("`{target}` has no ARG `{name}`")).help(help)
}

/// The names of the arguments that a call's target or function takes; `None` where that is not known, or where it hands on what it is
/// given.
fn taken(subject: &Subject<'_>, call: &Call) -> Option<Vec<String>> {
    let Late::Known(target) = &call.target else { return None };
    match &target.place {
        Place::Here => declared(subject.unit, &target.target),
        place => declared(&*(subject.lookup)(place)?, &target.target),
    }
}

fn declared(owner: &Unit, name: &str) -> Option<Vec<String>> {
    let named = owner.targets.get(name).or_else(|| owner.functions.get(name));
    let own = named.map(|target| &target.recipe).or_else(|| (name == BASE).then_some(&owner.base))?;
    let steps = all_steps(own).into_iter().chain(all_steps(&owner.base));
    if steps.clone().any(hands_on) {
        return None;
    }
    let args = steps.filter_map(|step| match &step.kind {
        StepKind::Arg(arg) => Some(arg.name.text.clone()),
        _ => None,
    });
    Some(args.collect())
}

/// Whether a step lets others see the arguments of its recipe. The file of a function that it calls sees those that are global there.
fn hands_on(step: &Step) -> bool {
    let is_here = |call: &Call| matches!(&call.target, Late::Known(target) if target.place == Place::Here);
    passes_args(step) || matches!(&step.kind, StepKind::Do(call) if !is_here(call))
}
