//! Runs texts through parser and analysis, and puts what comes out on lines.

use super::shown::step;
use crate::analysis::program::{StepKind, Unit};
use crate::analysis::{Options, analyse};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Sources;
use crate::syntax::{ParseOptions, parse};

/// A unit and its faults, from a text that has no fault of syntax.
pub(super) fn unit(text: &str) -> (Unit, Vec<Diagnostic>, Sources) {
    let mut sources = Sources::default();
    let file = sources.add("Buildfile", text);
    let parsed = parse(file, text, ParseOptions::default());
    assert_eq!(parsed.diagnostics, [], "{text}");
    let (unit, faults) = analyse(file, &parsed.file, &Options::default());
    (unit, faults, sources)
}

/// `line:column severity code: message [label at line:column]; help`
pub(super) fn fault(fault: &Diagnostic, sources: &Sources) -> String {
    let place = |span| {
        let location = sources.location(span);
        format!("{}:{}", location.line, location.column)
    };
    let severity = match fault.severity {
        Severity::Error => "",
        Severity::Warning => "warning ",
    };
    let main = fault.span().map(place).expect("a fault has a place");
    let labels = fault.labels.iter().skip(1).map(|label| format!(" [{} {}]", place(label.span), label.text));
    let labels: String = labels.collect();
    let help = fault.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    format!("{main} {severity}{}: {}{labels}{help}", fault.code, fault.message)
}

/// The faults of a text, those too that count only where a command is reached.
pub(super) fn faults(text: &str) -> Vec<String> {
    let (unit, faults, sources) = unit(text);
    told(&unit, faults, &sources)
}

fn told(unit: &Unit, mut faults: Vec<Diagnostic>, sources: &Sources) -> Vec<String> {
    let named = unit.targets.values().chain(unit.functions.values()).flat_map(|target| &target.recipe);
    for step in unit.base.iter().chain(named) {
        if let StepKind::Unsupported(later) = &step.kind {
            faults.extend(later.iter().cloned());
        }
    }
    faults.sort_by_key(|fault| fault.span().map(|span| (span.start, span.end)));
    faults.iter().map(|found| fault(found, sources)).collect()
}

/// The text of a file with one command of interest, which stands on line 4 from column 5 on.
fn around(version: &str, command: &str) -> String {
    format!("VERSION {version}\nFROM alpine\nbuild:\n    {command}\nother:\n    RUN true\n")
}

/// The step that a command is, and its faults.
pub(super) fn read(version: &str, command: &str) -> (Option<String>, Vec<String>) {
    let (unit, faults, sources) = unit(&around(version, command));
    let faults = told(&unit, faults, &sources);
    (unit.targets["build"].recipe.first().map(|found| step(&found.kind)), faults)
}

/// Checks the step that a command of version 0.8 is; it has no faults.
pub(super) fn is(command: &str, expected: &str) {
    is_in("0.8", command, expected);
}

/// The same for some version.
pub(super) fn is_in(version: &str, command: &str, expected: &str) {
    assert_eq!(read(version, command), (Some(expected.to_owned()), Vec::new()), "{command}");
}

/// Checks that a command of version 0.8 has this one fault, and is no step.
pub(super) fn fails(command: &str, expected: &str) {
    fails_in("0.8", command, expected);
}

/// The same for some version.
pub(super) fn fails_in(version: &str, command: &str, expected: &str) {
    assert_eq!(read(version, command).1, [expected], "{command}");
}

/// Checks a command that is a step, but has a warning.
pub(super) fn warns(command: &str, step: &str, warning: &str) {
    assert_eq!(read("0.8", command), (Some(step.to_owned()), vec![warning.to_owned()]), "{command}");
}
