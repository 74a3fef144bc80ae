//! Arguments for another target: `--key=value` behind it, and the old `--build-arg key=value` in front.

use super::analyser::Analyser;
use super::builtins::is_builtin;
use super::names::is_variable_name;
use super::program::BuildArg;
use super::template::Template;
use super::word::slice;
use crate::source::Span;
use crate::syntax::ast::Word;

/// Reads the words behind a target.
pub(super) fn trailing(analyser: &mut Analyser<'_>, words: &[Word]) -> Vec<BuildArg> {
    let mut args = Vec::new();
    let mut rest = words.iter().peekable();
    while let Some(word) = rest.next() {
        let Some((name, value)) = split(analyser, word) else { continue };
        let (value, span) = match value {
            Some(value) => (Some(value), word.span),
            None => match rest.next_if(|next| !next.text.starts_with("--")) {
                Some(next) => (Some(analyser.value(next)), word.span.to(next.span)),
                None => {
                    let message = format!("no value for `--{name}`");
                    let help = format!("write `--{name}=value`");
                    analyser.error::<()>("build-arg-value", word.span, message, &help);
                    continue;
                }
            },
        };
        args.extend(checked(analyser, name, value, span));
    }
    args
}

/// Reads the values of `--build-arg`.
pub(super) fn old(analyser: &mut Analyser<'_>, words: &[Word]) -> Vec<BuildArg> {
    let mut args = Vec::new();
    for word in words {
        let (name, value) = match word.text.find('=') {
            Some(at) if !word.text.starts_with(['"', '\'']) => {
                let value = slice(word, at + 1, word.text.len());
                (word.text[..at].to_owned(), Some(analyser.value(&value)))
            }
            _ => {
                let template = analyser.template(word);
                let Some((name, value)) = split_template(&template) else {
                    name_fault(analyser, &word.text, word.span);
                    continue;
                };
                (name, value)
            }
        };
        args.extend(checked(analyser, name, value, word.span));
    }
    args
}

/// The name, and the value that stands in the same word. Faults are reported.
fn split(analyser: &mut Analyser<'_>, word: &Word) -> Option<(String, Option<Template>)> {
    let text = word.text.as_str();
    // Quotes around the whole argument: they have to go first.
    if text.starts_with(['"', '\'']) {
        let mut template = analyser.template(word);
        if let Some(super::template::Part::Literal(first)) = template.parts.first_mut()
            && first.starts_with('-')
        {
            *first = first.trim_start_matches('-').to_owned();
            let read = split_template(&template);
            if read.is_none() {
                name_fault(analyser, text, word.span);
            }
            return read;
        }
    }
    if !text.starts_with('-') {
        let help = if text.split_once('=').is_some_and(|(name, _)| is_variable_name(name)) {
            format!("write `--{text}`")
        } else if text.contains('+') {
            "write a command for each target".to_owned()
        } else {
            format!("arguments are written `--name=value`; quote a value that holds blanks: `--name=\"a {text}\"`")
        };
        return analyser.error("build-arg", word.span, format!("unexpected `{text}` behind what is called"), &help);
    }
    let dashes = text.len() - text.trim_start_matches('-').len();
    let at = text.find('=').filter(|_| dashes <= 2);
    let name = text[dashes..at.unwrap_or(text.len())].to_owned();
    let value = at.map(|at| {
        let value = slice(word, at + 1, text.len());
        analyser.value(&value)
    });
    Some((name, value))
}

/// Splits `name=value` at the first `=` of the literal text.
fn split_template(template: &Template) -> Option<(String, Option<Template>)> {
    let Some(&cut) = template.find_unescaped('=').first() else {
        return template.as_literal().map(|name| (name.to_owned(), None));
    };
    let (name, value) = template.split_at(cut);
    let mut value = value;
    if let Some(super::template::Part::Literal(first)) = value.parts.first_mut() {
        first.remove(0);
        if first.is_empty() {
            value.parts.remove(0);
        }
    }
    Some((name.as_literal()?.to_owned(), Some(value)))
}

fn checked(analyser: &mut Analyser<'_>, name: String, value: Option<Template>, span: Span) -> Option<BuildArg> {
    if !is_variable_name(&name) {
        name_fault(analyser, &name, span);
        return None;
    }
    if is_builtin(&name) {
        let message = format!("`{name}` is built in and cannot be given a value");
        return analyser.error("builtin", span, message, "remove it: the target can declare `ARG` of that name itself");
    }
    Some(BuildArg { name, value, span })
}

fn name_fault(analyser: &mut Analyser<'_>, text: &str, span: Span) {
    let message = format!("`{text}` cannot name an argument");
    analyser.error::<()>("build-arg", span, message, "write `--name=value`; names are letters, digits and `_`");
}
