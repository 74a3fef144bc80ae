//! Builds that need no engine: everything that they run, they run on this machine.

use super::work::Prepared;
use crate::analysis::program::{Recipe, StepKind};
use crate::diagnostic::Diagnostic;
use crate::graph::Op;
use crate::graph::host::HostAction;
use crate::run::eval::{Evaluation, Settings, evaluate};
use crate::run::facts::Unknown;
use std::sync::Arc;

/// Whether a build runs on this machine alone. It is looked at as `rbuild plan` does: where that cannot tell, an engine is needed.
pub async fn needs_no_engine(prepared: &Prepared, settings: &Settings) -> bool {
    // Most builds are not even looked at.
    let all_begin_here = prepared.goals.iter().all(|goal| {
        let unit = &prepared.program.units[&goal.dir];
        let own = unit.targets.get(&goal.target).map_or(&unit.base, |target| &target.recipe);
        goal.artifact.is_none() && (is_local(own) || is_local(&unit.base))
    });
    if !all_begin_here {
        return false;
    }
    let program = Arc::new(prepared.program.clone());
    let Evaluation { plan, faults, warnings, .. } =
        evaluate(program, settings.clone(), Arc::new(Unknown), &prepared.goals).await;
    if !faults.is_empty() || warnings.iter().any(Diagnostic::is_error) {
        return false;
    }
    let goals = plan.required().into_iter().chain(plan.asked.iter().copied()).chain(plan.push_steps.iter().copied());
    plan.images.is_empty()
        && plan.artifacts.is_empty()
        && plan
            .graph
            .closure(goals)
            .iter()
            .all(|vertex| matches!(&vertex.op, Op::Host(host) if matches!(host.action, HostAction::Process(_))))
}

/// Whether `LOCALLY` stands in a recipe.
fn is_local(recipe: &Recipe) -> bool {
    recipe.iter().any(|step| {
        matches!(step.kind, StepKind::Locally | StepKind::Do(_)) || step.kind.recipes().into_iter().any(is_local)
    })
}
