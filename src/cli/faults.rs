//! Says what stopped a build, and how the process ends.

use super::connect::engine_fault;
use super::context::Context;
use super::exit::Exit;
use super::streams::say;
use crate::diagnostic::Diagnostic;
use crate::run::BuildError;
use crate::run::eval::Fault;
use crate::source::Sources;
use crate::ui;

/// Shows faults of Buildfiles. `Err` when one of them is an error.
pub fn diagnostics(context: &Context, sources: &Sources, diagnostics: &[Diagnostic]) -> Result<(), Exit> {
    if !diagnostics.is_empty() {
        let masks = context.masks();
        let shown: Vec<Diagnostic> = diagnostics.iter().map(|diagnostic| masks.diagnostic(diagnostic)).collect();
        say(&match context.json() {
            true => ui::json_diagnostics(sources, &shown),
            false => ui::diagnostics(sources, &shown, &context.terminal),
        });
        if let Some(github) = &context.github {
            say(&github.diagnostics(sources, &shown));
        }
    }
    if diagnostics.iter().any(Diagnostic::is_error) { Err(Exit::Buildfile) } else { Ok(()) }
}

/// Shows what evaluation found. `Err` when there is anything.
pub fn evaluation(context: &Context, sources: &Sources, faults: &[Fault]) -> Result<(), Exit> {
    let found: Vec<Diagnostic> = faults
        .iter()
        .filter_map(|fault| match fault {
            Fault::Buildfile(diagnostic) => Some(diagnostic.clone()),
            Fault::Engine { .. } | Fault::Build(_) | Fault::Elsewhere => None,
        })
        .collect();
    diagnostics(context, sources, &found)?;
    let mut exit = Ok(());
    for fault in faults {
        match fault {
            Fault::Engine { error, span } => return Err(engine_fault(context, Some(&sources.location(*span)), error)),
            Fault::Build(error) => {
                let ended = build(context, sources, error);
                exit = exit.and(Err(ended));
            }
            Fault::Buildfile(_) | Fault::Elsewhere => {}
        }
    }
    exit
}

/// What stopped a build, in a few words, where that was no step.
pub fn words(result: &Result<(), BuildError>, faults: &[Fault]) -> Option<String> {
    let of_buildfiles = |all: &[Diagnostic]| all.first().map(|first| first.message.clone());
    let of_build = |error: &BuildError| match error {
        BuildError::Buildfile(faults) => of_buildfiles(faults),
        BuildError::Steps(_) | BuildError::Stopped => None,
        BuildError::Engine(error) => Some(error.to_string()),
        BuildError::Environment { message, .. } | BuildError::Output { message, .. } => Some(message.clone()),
        BuildError::Interrupted => Some("the build was interrupted".to_owned()),
    };
    let of_fault = |fault: &Fault| match fault {
        Fault::Buildfile(diagnostic) => Some(diagnostic.message.clone()),
        Fault::Engine { error, .. } => Some(error.to_string()),
        Fault::Build(error) => of_build(error),
        Fault::Elsewhere => None,
    };
    result.as_ref().err().map_or_else(|| faults.iter().find_map(of_fault), of_build)
}

/// Shows why a build ended, unless progress has shown it.
pub fn build(context: &Context, sources: &Sources, error: &BuildError) -> Exit {
    match error {
        BuildError::Buildfile(faults) => diagnostics(context, sources, faults).err().unwrap_or(Exit::Buildfile),
        BuildError::Steps(_) | BuildError::Stopped => Exit::BuildFailed,
        BuildError::Engine(error) => engine_fault(context, None, error),
        BuildError::Environment { message, help } => context.fail(Exit::Environment, message, help.as_deref()),
        BuildError::Output { message, help } => context.fail(Exit::BuildFailed, message, help.as_deref()),
        BuildError::Interrupted => Exit::Signal(2),
    }
}
