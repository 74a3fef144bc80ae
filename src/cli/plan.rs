//! `rbuild plan`.

use super::arguments::PlanFormat;
use super::context::{Context, Ended};
use super::exit::Exit;
use super::work::{Prepared, decide, prepare, settings};
use super::{clones, faults, secrets};
use crate::graph::{Plan, render};
use crate::platform::Platform;
use crate::run::eval::{Settings, evaluate};
use crate::run::facts::Unknown;
use std::sync::Arc;

/// How a plan is shown.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// The format.
    pub format: PlanFormat,
    /// Whether it is told what each vertex does.
    pub details: bool,
}

/// Prints the graph of some targets. With `evaluate`, steps run that decide how it goes on; without, no engine is asked, and what only
/// an image or a step knows stands as a placeholder.
///
/// # Errors
/// When something is wrong; it was said.
pub fn plan(context: &Context, wishes: &[super::targets::Wish], look: Look, evaluate: bool) -> Ended<()> {
    let plan = if evaluate { decide(context, wishes)? } else { guess(context, wishes)? };
    let text = match look.format {
        PlanFormat::Text => render::text(&plan, look.details),
        PlanFormat::Dot => render::dot(&plan),
        PlanFormat::Json => render::json(&plan),
    };
    context.print(text)
}

/// The plan as far as it is known without an engine.
fn guess(context: &Context, wishes: &[super::targets::Wish]) -> Ended<Plan> {
    let build_args = secrets::build_args(&context.options)
        .map_err(|(message, help)| context.fail(Exit::Usage, &message, Some(&help)))?;
    let Prepared { program, goals } = prepare(context, clones::access(context)?, wishes, &build_args)?;
    // Nothing is run, so nothing needs to be allowed.
    let settings = Settings { allow_privileged: true, terminal: true, ..settings(context, &Platform::host())? };
    let evaluation = context.runtime()?.block_on(evaluate(Arc::new(program), settings, Arc::new(Unknown), &goals));
    let sources = &evaluation.program.sources;
    faults::diagnostics(context, sources, &evaluation.warnings)?;
    faults::evaluation(context, sources, &evaluation.faults)?;
    Ok(evaluation.plan)
}
