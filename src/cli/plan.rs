//! `rbuild plan`.

use super::arguments::PlanFormat;
use super::context::{Context, Ended};
use super::exit::Exit;
use super::work::{Prepared, prepare, settings};
use super::{faults, secrets};
use crate::graph::render;
use crate::platform::Platform;
use crate::run::eval::{Settings, evaluate};
use crate::run::facts::Unknown;
use std::io::Write as _;
use std::sync::Arc;

/// Prints the graph of some targets. Asks no engine: what only an image knows stands as a placeholder.
///
/// # Errors
/// When something is wrong; it was said.
pub fn plan(context: &Context, wishes: &[super::targets::Wish], format: PlanFormat, details: bool) -> Ended<()> {
    let build_args = secrets::build_args(&context.options.build_arg)
        .map_err(|(message, help)| context.fail(Exit::Usage, &message, Some(&help)))?;
    let Prepared { program, goals } = prepare(context, wishes, &build_args)?;
    // Nothing is run, so nothing needs to be allowed.
    let settings = Settings { allow_privileged: true, ..settings(context, &Platform::host())? };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| context.fail(Exit::Environment, &format!("cannot start: {error}"), None))?;
    let program = Arc::new(program);
    let evaluation = runtime.block_on(evaluate(program.clone(), settings, Arc::new(Unknown), &goals));
    faults::evaluation(context, &program.sources, &evaluation.faults)?;
    let text = match format {
        PlanFormat::Text => render::text(&evaluation.plan, details),
        PlanFormat::Dot => render::dot(&evaluation.plan),
        PlanFormat::Json => render::json(&evaluation.plan),
    };
    // A reader that has seen enough is no fault.
    let _closed = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}
