//! `volatile-arg`.

use crate::analysis::builtins::builtin;
use crate::analysis::program::StepKind;
use crate::diagnostic::Diagnostic;
use crate::lint::catalogue::VOLATILE_ARG;
use crate::lint::shell::mentions;
use crate::lint::subject::{Subject, run_of};

/// Built-in arguments with another value for every commit.
const VOLATILE: &[&str] =
    &["GIT_HASH", "GIT_SHORT_HASH", "GIT_COMMIT_TIMESTAMP", "GIT_COMMIT_AUTHOR_TIMESTAMP", "SOURCE_DATE_EPOCH"];

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for body in &subject.recipes {
        // On this machine nothing is cached.
        if body.steps.iter().any(|step| matches!(step.kind, StepKind::Locally)) {
            continue;
        }
        for (at, step) in body.recipe.iter().enumerate() {
            let StepKind::Arg(arg) = &step.kind else { continue };
            let name = &arg.name.text;
            if !builtin(name).is_some_and(|name| VOLATILE.contains(&name)) {
                continue;
            }
            let later = &body.recipe[at + 1..];
            let Some(first_use) = later.iter().position(|step| mentions(subject.str(step.span), name)) else {
                continue;
            };
            if let Some(victim) = later[..first_use].iter().find(|step| run_of(step).is_some()) {
                found.push(
                    VOLATILE_ARG
                        .at(arg.name.span, format!("`{name}` changes with every commit, and with it the steps below"))
                        .label(victim.span, "runs again, though it does not use it")
                        .label(later[first_use].span, "the first that uses it")
                        .help(format!("move `ARG {name}` down, directly above the first command that uses it")),
                );
            }
        }
    }
}
