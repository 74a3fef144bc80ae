//! `unused-arg`.

use crate::analysis::program::{Arg, StepKind};
use crate::diagnostic::Diagnostic;
use crate::lint::catalogue::UNUSED_ARG;
use crate::lint::shell::mentions;
use crate::lint::subject::{Body, Subject, may_run};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for body in &subject.recipes {
        for step in &body.steps {
            let StepKind::Arg(arg) = &step.kind else { continue };
            if !is_used(subject, body, arg) {
                found.push(
                    UNUSED_ARG
                        .at(arg.name.span, format!("nothing uses the argument `{}`", arg.name.text))
                        .help("remove it, or check the names of variables that should be this one"),
                );
            }
        }
    }
}

fn is_used(subject: &Subject<'_>, body: &Body<'_>, arg: &Arg) -> bool {
    let name = arg.name.text.as_str();
    // Old versions see base arguments everywhere, so the rest of the file counts for all of them.
    let (text, steps): (&str, Vec<_>) = if body.is_base {
        (&subject.text[arg.name.span.end as usize..], subject.recipes.iter().flat_map(|body| &body.steps).collect())
    } else {
        let later = body.steps.iter().filter(|step| step.span.start > arg.name.span.start);
        (subject.behind(body, arg.name.span), later.collect())
    };
    let may_be_environment = !name.contains(|c: char| c.is_ascii_lowercase()) && steps.iter().any(|step| may_run(step));
    may_be_environment || mentions(text, name) || text.contains("--pass-args")
}
