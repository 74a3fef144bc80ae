//! `missing-required`.

use crate::analysis::builtins::is_builtin;
use crate::analysis::program::{Arg, Assignment, FromSource, Step, StepKind};
use crate::analysis::template::{Part, Template};
use crate::diagnostic::Diagnostic;
use crate::lint::catalogue::MISSING_REQUIRED;
use crate::lint::shell::mentions;
use crate::lint::subject::{Subject, run_of, script};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let mut reported = BTreeSet::new();
    for body in &subject.recipes {
        let globals = subject.globals().filter(|_| !body.is_base);
        // Arguments that are empty unless somebody gives a value.
        let mut open: BTreeMap<&str, &Arg> =
            globals.filter(|arg| may_be_empty(arg)).map(|arg| (arg.name.text.as_str(), arg)).collect();
        for step in &body.steps {
            for name in names(step).iter().flat_map(|image| breaking(image)) {
                // One fault for each argument.
                if let Some(arg) = open.remove(name)
                    && reported.insert(arg.name.span)
                {
                    found.push(
                        MISSING_REQUIRED
                            .at(arg.name.span, format!("`{name}` may be empty, and then this is no name of an image"))
                            .label(step.span, "it is part of the name here")
                            .help(format!("write `ARG --required {name}`, or give it a default")),
                    );
                }
            }
            match &step.kind {
                StepKind::Arg(arg) if may_be_empty(arg) => {
                    open.insert(&arg.name.text, arg);
                }
                StepKind::Arg(Arg { name, .. })
                | StepKind::Let(Assignment { name, .. })
                | StepKind::Set(Assignment { name, .. })
                | StepKind::Env(Assignment { name, .. }) => {
                    open.remove(name.text.as_str());
                }
                // What is tested is known to the author.
                StepKind::If(_) => open.retain(|name, _| !mentions(subject.str(step.span), name)),
                _ => {
                    let text = run_of(step).and_then(script).unwrap_or("");
                    open.retain(|name, _| !(text.contains("test ") || text.contains(":?")) || !mentions(text, name));
                }
            }
        }
    }
}

fn may_be_empty(arg: &Arg) -> bool {
    arg.default.is_none() && !arg.required && !is_builtin(&arg.name.text)
}

/// The names of images in a step.
fn names(step: &Step) -> Vec<&Template> {
    match &step.kind {
        StepKind::From(from) => match &from.source {
            FromSource::Image(image) => vec![image],
            FromSource::Target(_) => Vec::new(),
        },
        StepKind::SaveImage(save) => save.names.iter().collect(),
        StepKind::WithDocker(docker) => docker.pulls.iter().collect(),
        _ => Vec::new(),
    }
}

/// The variables that make the name of an image wrong when they are empty: those that are a whole component or the whole tag.
fn breaking(image: &Template) -> Vec<&str> {
    let literal = |part: Option<&Part>| match part {
        None => Some(String::new()),
        Some(Part::Literal(text)) => Some(text.clone()),
        Some(_) => None,
    };
    let mut found = Vec::new();
    for (at, part) in image.parts.iter().enumerate() {
        let Part::Variable(variable) = part else { continue };
        let before = literal(at.checked_sub(1).map(|before| &image.parts[before]));
        let after = literal(image.parts.get(at + 1));
        let begins = before.is_some_and(|text| text.is_empty() || text.ends_with([':', '/', '@']));
        let ends = after.is_some_and(|text| text.is_empty() || text.starts_with([':', '/', '@']));
        if variable.operator.is_none() && begins && ends {
            found.push(variable.name.as_str());
        }
    }
    found
}
