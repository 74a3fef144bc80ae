//! `exposed-secret`.

use crate::analysis::program::StepKind;
use crate::analysis::template::Template;
use crate::diagnostic::Diagnostic;
use crate::lint::catalogue::EXPOSED_SECRET;
use crate::lint::subject::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for step in subject.recipes.iter().flat_map(|body| &body.steps) {
        let (keyword, name, value) = match &step.kind {
            StepKind::Arg(arg) => ("ARG", &arg.name, arg.default.as_ref()),
            StepKind::Env(env) => ("ENV", &env.name, Some(&env.value)),
            _ => continue,
        };
        if is_secret(&name.text) && !value.is_some_and(is_harmless) {
            found.push(
                EXPOSED_SECRET
                    .at(name.span, format!("`{}` is a secret that everybody can read in `{keyword}`", name.text))
                    .help(format!("write `RUN --secret {} …` in front of the commands that need it", name.text)),
            );
        }
    }
}

/// Whether the name is one for a secret itself, and not for its place, its length or the like.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let mut parts = name.rsplit('_');
    match (parts.next(), parts.next()) {
        (Some("TOKEN" | "PASSWORD" | "PASSWD" | "PASSPHRASE" | "SECRET" | "APIKEY"), _) => true,
        (Some("KEY"), Some(kind)) => {
            matches!(kind, "API" | "SECRET" | "PRIVATE" | "ACCESS" | "SIGNING" | "ENCRYPTION" | "DEPLOY")
        }
        _ => false,
    }
}

/// An empty value, or the path of a file.
fn is_harmless(value: &Template) -> bool {
    value.as_literal().is_some_and(|text| text.is_empty() || text.starts_with(['/', '~']) || text.starts_with("./"))
}
