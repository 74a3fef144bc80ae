//! `rbuild check`.

use super::arguments::CheckFormat;
use super::context::{Context, Ended};
use super::environment;
use super::exit::Exit;
use crate::analysis::reference::Place;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::{LINTS, Lint, check as lints, find};
use crate::run::load::{Loaded, load};
use crate::syntax::{ParseOptions, suggest};
use crate::ui;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// What counts as an error, beside what is one.
const WARNINGS: &str = "warnings";

/// Looks for trouble in Buildfiles, and in those that they name: faults, and what lints find.
///
/// # Errors
/// When a file has errors, or a lint has found one; it was said.
pub fn check(context: &Context, paths: &[PathBuf], format: CheckFormat, deny: &[String]) -> Ended<()> {
    let found = match paths {
        [] => vec![context.buildfile()?],
        _ => paths.iter().map(|path| context.buildfile_at(path)).collect::<Ended<Vec<_>>>()?,
    };
    if let Some(unknown) = deny.iter().find(|code| *code != WARNINGS && find(code).is_none()) {
        return Err(no_such_lint(context, unknown));
    }
    let Loaded { program, diagnostics } = load(
        &found,
        &context.current,
        context.home.as_deref(),
        &Arc::default(),
        &context.options.input.version_flag_overrides,
    )
    .map_err(|error| context.fail(Exit::Environment, &error.to_string(), None))?;
    let faulty: BTreeSet<_> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .map(|diagnostic| diagnostic.span().map(|span| span.file))
        .collect();
    let mut all = diagnostics;
    for (dir, unit) in program.units.iter().filter(|(_, unit)| !faulty.contains(&Some(unit.file))) {
        let source = program.sources.file(unit.file);
        let default_version_is_1_0 = source.name.rsplit('/').next() == Some("Buildfile");
        let lookup = |place: &Place| program.meant(dir, place).cloned();
        all.extend(lints(unit, &source.text, ParseOptions { default_version_is_1_0 }, &lookup));
    }
    for diagnostic in &mut all {
        if deny.iter().any(|code| code == WARNINGS || code == diagnostic.code) {
            diagnostic.severity = Severity::Error;
        }
    }
    context.print(match format {
        CheckFormat::Text => {
            ui::diagnostics(&program.sources, &all, &environment::output(context.options.output.color.asked()))
        }
        CheckFormat::Json => ui::json_diagnostics(&program.sources, &all),
        CheckFormat::Sarif => ui::sarif(&program.sources, &all, &LINTS.iter().map(rule).collect::<Vec<_>>()),
    })?;
    match all.iter().any(Diagnostic::is_error) {
        _ if !faulty.is_empty() => Err(Exit::Buildfile),
        true => Err(Exit::BuildFailed),
        false => Ok(()),
    }
}

/// Tells what a lint is about; of `all`, their names.
///
/// # Errors
/// When there is no such lint; it was said.
pub fn explain(context: &Context, code: &str) -> Ended<()> {
    if code == "all" {
        let width = LINTS.iter().map(|lint| lint.code.len()).max().unwrap_or(0);
        let line = |lint: &Lint| format!("{:width$}  {}\n", lint.code, lint.summary);
        return context.print(LINTS.iter().map(line).collect::<String>());
    }
    let lint = find(code).ok_or_else(|| no_such_lint(context, code))?;
    let severity = if lint.severity == Severity::Error { "error" } else { "warning" };
    let Lint { code, summary, explanation, bad, good, .. } = lint;
    let indented = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let (bad, good) = (indented(bad), indented(good));
    context.print(format!("{code} ({severity}): {summary}\n\n{explanation}\n\n{bad}\nBetter:\n\n{good}"))
}

fn no_such_lint(context: &Context, code: &str) -> Exit {
    let help = match suggest::nearest(code, LINTS.iter().map(|lint| lint.code)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`rbuild check --explain all` lists them".to_owned(),
    };
    context.fail(Exit::Usage, &format!("there is no lint `{code}`"), Some(&help))
}

fn rule(lint: &Lint) -> ui::SarifRule<'_> {
    ui::SarifRule { code: lint.code, severity: lint.severity, summary: lint.summary, explanation: lint.explanation }
}
