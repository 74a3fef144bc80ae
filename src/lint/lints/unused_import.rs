//! `unused-import`.

use crate::analysis::program::StepKind;
use crate::diagnostic::Diagnostic;
use crate::lint::catalogue::UNUSED_IMPORT;
use crate::lint::subject::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for body in &subject.recipes {
        for step in &body.steps {
            let StepKind::Import(import) = &step.kind else { continue };
            let alias = &import.alias.text;
            let rest =
                if body.is_base { &subject.text[step.span.end as usize..] } else { subject.behind(body, step.span) };
            // A variable may hold the name.
            if !rest.contains(&format!("{alias}+")) && !rest.contains("$+") && !rest.contains("}+") {
                found.push(
                    UNUSED_IMPORT
                        .at(step.span, format!("nothing uses the import `{alias}`"))
                        .help(format!("remove it, or write `{alias}+target` where it is needed")),
                );
            }
        }
    }
}
