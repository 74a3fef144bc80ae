//! `ARG`, `LET`, `SET`, `ENV`

use super::super::analyser::Analyser;
use super::super::builtins::is_builtin;
use super::super::features::Feature;
use super::super::flags::{self, FlagSpec, Found, Position};
use super::super::program::{Arg, Assignment, StepKind};
use super::super::template::Template;
use crate::source::Span;
use crate::syntax::ast::{Args, Assign, Command, Name};

const ARG_FLAGS: &[FlagSpec] =
    &[FlagSpec::switch("required"), FlagSpec::switch("global").needs(Feature::ExplicitGlobal)];

pub(super) fn arg(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    let (assign, found) = assignment(analyser, command, ARG_FLAGS)?;
    let name = &assign.name;
    let required = found.switch(analyser, "required");
    let global = found.switch(analyser, "global");
    let default = assign.value.as_ref().map(|value| analyser.value(value));
    if let Some(default) = &default {
        if required {
            let help = "remove the default, or `--required`";
            return analyser.error(
                "required-default",
                default.span,
                format!("the required `ARG {}` cannot have a default", name.text),
                help,
            );
        }
        if is_builtin(&name.text) {
            let help = format!("write `ARG {}`", name.text);
            return analyser.error(
                "builtin",
                default.span,
                format!("`{}` is built in and cannot have a default", name.text),
                &help,
            );
        }
    }
    Some(StepKind::Arg(Arg {
        name: Name { text: name.text.clone(), span: name.span },
        default,
        required,
        global,
        docs: command.docs.clone(),
    }))
}

pub(super) fn r#let(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    with_scopes(analyser, command)?;
    Some(StepKind::Let(with_value(analyser, command)?))
}

pub(super) fn set(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    with_scopes(analyser, command)?;
    Some(StepKind::Set(with_value(analyser, command)?))
}

pub(super) fn env(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    let (assign, _) = assignment(analyser, command, &[])?;
    let value = match &assign.value {
        Some(word) => analyser.template(word),
        None => Template::literal("", Span { start: assign.name.span.end, ..assign.name.span }),
    };
    Some(StepKind::Env(named(assign, value)))
}

fn with_scopes(analyser: &mut Analyser<'_>, command: &Command) -> Option<()> {
    analyser.allows(Feature::ArgScopeAndSet, command.keyword.as_str(), command.span).then_some(())
}

fn with_value(analyser: &mut Analyser<'_>, command: &Command) -> Option<Assignment> {
    let (assign, _) = assignment(analyser, command, &[])?;
    let Some(word) = &assign.value else {
        let message = format!("`{}` needs a value", command.keyword);
        let help = format!("write `{} {} = value`", command.keyword, assign.name.text);
        return analyser.error("missing-argument", command.span, message, &help);
    };
    let value = analyser.template(word);
    Some(named(assign, value))
}

fn named(assign: &Assign, value: Template) -> Assignment {
    let name = Name { text: assign.name.text.clone(), span: assign.name.span };
    Assignment { name, value }
}

/// The assignment of a command, its flags read. Parsing has checked the name.
fn assignment<'c>(
    analyser: &mut Analyser<'_>,
    command: &'c Command,
    specs: &[FlagSpec],
) -> Option<(&'c Assign, Found)> {
    let keyword = command.keyword;
    let Args::Assign(assign) = &command.args else {
        let help = format!("write `{keyword} NAME=value`");
        return analyser.error("missing-argument", command.span, format!("`{keyword}` needs a name"), &help);
    };
    let found = flags::parse(analyser, keyword, &assign.flags, specs, Position::First);
    Some((assign, found))
}
