//! One source of `COPY`: an artifact of a target, or a path of the build context.

use super::super::analyser::Analyser;
use super::super::call::How;
use super::super::context_path::check_copy_source;
use super::super::program::ArtifactCall;
use super::super::reference::{ArtifactRef, Place, ReferenceError};
use super::super::regroup::split;
use super::super::template::Template;
use super::super::word::slice;
use crate::syntax::ast::Word;

/// A source of `COPY`.
pub(super) enum Source {
    Artifact(ArtifactCall),
    Path(Template),
}

/// Reads a source. `None`: it is wrong, which is reported.
pub(super) fn read(analyser: &mut Analyser<'_>, how: &How, word: &Word) -> Option<Source> {
    let source = artifact_or_path(analyser, how, word)?;
    if let Source::Path(path) = &source
        && let Some(text) = path.as_literal()
        && let Err(fault) = check_copy_source(text, path.span)
    {
        analyser.fault(fault);
        return None;
    }
    Some(source)
}

/// The same for a path that may lie anywhere.
pub(super) fn artifact_or_path(analyser: &mut Analyser<'_>, how: &How, word: &Word) -> Option<Source> {
    if let Some(inner) = inside_parentheses(word) {
        return in_parentheses(analyser, how, word, &inner);
    }
    let template = analyser.reference(word);
    match artifact(analyser, &template)? {
        Some((target, path)) => {
            let call = how.call(analyser, target, &[])?;
            Some(Source::Artifact(ArtifactCall::Named { call, path }))
        }
        None => Some(Source::Path(template)),
    }
}

/// `(+target/path --name=value…)`, with or without quotes around it.
fn in_parentheses(analyser: &mut Analyser<'_>, how: &How, word: &Word, inner: &Word) -> Option<Source> {
    let words = split(inner);
    let Some((reference, args)) = words.split_first() else {
        let help = "write `(+target/path --name=value)`";
        return analyser.error(
            "invalid-reference",
            word.span,
            "nothing stands between the parentheses".to_owned(),
            help,
        );
    };
    let template = analyser.reference(reference);
    if let Some((target, path)) = artifact(analyser, &template)? {
        let call = how.call(analyser, target, args)?;
        return Some(Source::Artifact(ArtifactCall::Named { call, path }));
    }
    if is_open(&template) {
        return Some(Source::Artifact(how.open(analyser, template, args)));
    }
    let message = format!("`{}` is not a reference to an artifact", reference.text);
    analyser.error("invalid-reference", reference.span, message, "write `(+target/path --name=value)`")
}

/// Whether variables may bring the whole of a reference.
pub(super) fn is_open(template: &Template) -> bool {
    template.as_literal().is_none() && template.find_unescaped('+').is_empty()
}

/// The text between the parentheses of a word in that form, with or without quotes around it.
pub(super) fn inside_parentheses(word: &Word) -> Option<Word> {
    let text = word.text.as_str();
    if text.len() >= 2 && text.starts_with('(') && text.ends_with(')') {
        return Some(slice(word, 1, text.len() - 1));
    }
    for quote in ['"', '\''] {
        let inner = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
        if let Some(inner) = inner
            && inner.len() >= 2
            && inner.starts_with('(')
            && inner.ends_with(')')
        {
            let bare = slice(word, 2, text.len() - 2);
            return Some(if quote == '"' { Word { text: bare.text.replace("\\\"", "\""), ..bare } } else { bare });
        }
    }
    None
}

/// Splits a reference to an artifact into target and path. `Some(None)`: it is a path of the build context, or a text whose
/// variables must be known first.
#[expect(clippy::option_option, reason = "the outer one ends the reading of a faulty word, the inner one is an answer")]
fn artifact(analyser: &mut Analyser<'_>, template: &Template) -> Option<Option<(Template, Template)>> {
    let pluses = template.find_unescaped('+');
    let &[plus] = pluses.as_slice() else { return Some(None) };
    if let Some(text) = template.as_literal() {
        match ArtifactRef::parse(text) {
            Ok(_) => {}
            // Names of files hold pluses too; but nobody's begin with one.
            Err(fault) if text.starts_with('+') || names_directory(&fault, text) => {
                let help = fault.help();
                return analyser.error("invalid-reference", template.span, fault.to_string(), &help);
            }
            Err(_) => return Some(None),
        }
    }
    let slash = template.find_unescaped('/').into_iter().find(|slash| *slash > plus);
    let Some(slash) = slash else { return Some(None) };
    let (target, path) = template.split_at(slash);
    Some(Some((target, path.unescape_plus())))
}

/// Whether a faulty reference can only be meant as one: `./dir+target` without a path.
fn names_directory(fault: &ReferenceError, text: &str) -> bool {
    let place = text.split('+').next().unwrap_or("");
    matches!(fault, ReferenceError::NoPath(_))
        && (place == "." || place == ".." || place.ends_with('/'))
        && matches!(Place::parse(place), Place::Here | Place::Directory(_))
}
