//! Builds that need no engine: everything that they run, they run on this machine.

use super::work::Prepared;
use crate::analysis::program::{Recipe, StepKind};
use crate::diagnostic::Diagnostic;
use crate::graph::Op;
use crate::graph::host::{HostAction, HostProcess};
use crate::run::eval::{Evaluation, Fault, Goal, Settings, evaluate};
use crate::run::facts::Unknown;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a build needs of an engine.
pub enum Need {
    /// One has to be there.
    Engine,
    /// None: everything that it runs, it runs on this machine.
    Nothing,
    /// None: something is wrong, whatever an engine would say. These are the faults.
    Refused(Box<Evaluation>),
}

/// What a build needs. It is looked at as `rbuild plan` does: where that cannot tell, an engine is needed.
pub async fn need(prepared: &Prepared, settings: &Settings) -> Need {
    // Most builds are not even looked at.
    let all_begin_here = prepared.goals.iter().all(|goal| {
        let [own, base] = recipes(prepared, goal);
        goal.artifact.is_none() && (is_local(own) || is_local(base))
    });
    if !all_begin_here {
        return Need::Engine;
    }
    let program = Arc::new(prepared.program.clone());
    let evaluation = evaluate(program, settings.clone(), Arc::new(Unknown), &prepared.goals).await;
    let Evaluation { plan, faults, warnings, sure, placeholders, .. } = &evaluation;
    if faults.iter().any(|fault| *sure || settings.strict && is_forbidden(prepared, fault)) {
        return Need::Refused(Box::new(evaluation));
    }
    if !faults.is_empty() || warnings.iter().any(Diagnostic::is_error) {
        return Need::Engine;
    }
    let goals = plan.required().into_iter().chain(plan.asked.iter().copied()).chain(plan.push_steps.iter().copied());
    let only_here = plan.images.is_empty()
        && plan.artifacts.is_empty()
        && plan.graph.closure(goals).iter().all(|vertex| runs_here(&vertex.op, placeholders));
    if only_here { Need::Nothing } else { Need::Engine }
}

/// Whether an operation is a process of this machine that needs nothing of an engine: it is told no value that only an image knows.
/// (A base recipe may begin with an image, whose files and configuration end where `LOCALLY` begins.)
fn runs_here(op: &Op, placeholders: &BTreeSet<String>) -> bool {
    let host = match op {
        Op::Host(host) => host,
        // Files that are saved as an artifact. Where all runs here, nothing takes it.
        Op::Local(_) => return true,
        _ => return false,
    };
    let HostAction::Process(HostProcess { command, env, .. }) = &host.action else { return false };
    let mut texts = command.argv("");
    texts.extend(env.iter().map(|(_, value)| value.clone()));
    texts.push(host.dir.to_string_lossy().into_owned());
    !texts.iter().any(|text| placeholders.iter().any(|placeholder| text.contains(placeholder)))
}

/// The recipe of a goal, and the base recipe in front of it.
fn recipes<'p>(prepared: &'p Prepared, goal: &Goal) -> [&'p Recipe; 2] {
    let unit = &prepared.program.units[&goal.dir];
    [unit.targets.get(&goal.target).map_or(&unit.base, |target| &target.recipe), &unit.base]
}

/// Whether a fault is that of a `LOCALLY` which no condition decides about.
fn is_forbidden(prepared: &Prepared, fault: &Fault) -> bool {
    let Fault::Buildfile(diagnostic) = fault else { return false };
    let steps = prepared.goals.iter().flat_map(|goal| recipes(prepared, goal)).flatten();
    let mut here = steps.filter(|step| matches!(step.kind, StepKind::Locally));
    diagnostic.span().is_some_and(|span| here.any(|step| step.span == span))
}

/// Whether `LOCALLY` stands in a recipe.
fn is_local(recipe: &Recipe) -> bool {
    recipe.iter().any(|step| {
        matches!(step.kind, StepKind::Locally | StepKind::Do(_)) || step.kind.recipes().into_iter().any(is_local)
    })
}
