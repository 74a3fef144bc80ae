//! `shadowed-arg`.

use crate::analysis::program::StepKind;
use crate::diagnostic::Diagnostic;
use crate::lint::catalogue::SHADOWED_ARG;
use crate::lint::subject::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for step in subject.recipes.iter().filter(|body| !body.is_base).flat_map(|body| &body.steps) {
        let (keyword, name) = match &step.kind {
            StepKind::Arg(arg) if !arg.global => ("ARG", &arg.name),
            StepKind::Let(variable) => ("LET", &variable.name),
            _ => continue,
        };
        if let Some(global) = subject.globals().find(|global| global.name.text == name.text) {
            found.push(
                SHADOWED_ARG
                    .at(name.span, format!("this `{keyword}` hides the global `{}`", name.text))
                    .label(global.name.span, "the global argument")
                    .help("remove it to use the global argument, or choose another name"),
            );
        }
    }
}
