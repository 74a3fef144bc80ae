//! Telling flags from other words.

use super::super::analyser::Analyser;
use super::super::program::Flag;
use super::super::word::slice;
use super::found::FoundFlag;
use super::{FlagSpec, Found, Position};
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Keyword, Word};
use crate::syntax::suggest::nearest;

/// Reads the flags of a command out of its words. What is wrong with them is reported; the rest is read all the same.
pub(in crate::analysis) fn parse(
    analyser: &mut Analyser<'_>,
    keyword: Keyword,
    words: &[Word],
    specs: &[FlagSpec],
    position: Position,
) -> Found {
    let anywhere = position == Position::Anywhere && analyser.features.flags_anywhere();
    let mut found = Found { keyword, flags: Vec::new(), words: Vec::new() };
    let mut rest = words.iter().peekable();
    while let Some(word) = rest.next() {
        let text = word.text.as_str();
        if text == "--" {
            break;
        }
        let first = found.words.is_empty();
        let short = text.len() > 1 && text.starts_with('-');
        let is_flag = if first {
            short
        } else {
            anywhere && (text.starts_with("--") || (short && short_of(specs, text).is_some()))
        };
        if !is_flag {
            found.words.push(word.clone());
            if !anywhere {
                break;
            }
            continue;
        }
        let Some((spec, mut value)) = split(word, specs) else {
            analyser.fault(unknown(keyword, word, specs));
            continue;
        };
        let mut span = word.span;
        if spec.takes_value && value.is_none() {
            match rest.next_if(|next| !next.text.starts_with('-') || next.text.len() == 1) {
                Some(next) => {
                    span = span.to(next.span);
                    value = Some(next.clone());
                }
                None => {
                    let message = format!("no value for `--{}`", spec.name);
                    let help = format!("write `--{}=value`", spec.name);
                    analyser.error::<()>("flag-value", word.span, message, &help);
                    continue;
                }
            }
        }
        let what = format!("{keyword} --{}", spec.name);
        if spec.feature.is_some_and(|feature| !analyser.allows(feature, &what, span)) {
            continue;
        }
        if spec.unsupported || spec.refused.is_some() {
            let off = value.as_ref().is_some_and(|value| !spec.takes_value && Flag::read(&value.text) == Some(false));
            match spec.refused {
                _ if off => {}
                Some(help) => analyser.refused(span, &what, help),
                None => analyser.unsupported(span, &what),
            }
            continue;
        }
        found.flags.push(FoundFlag { name: spec.name, value, span });
    }
    found.words.extend(rest.cloned());
    if position == Position::Anywhere && !anywhere {
        warn_of_late_flags(analyser, &found, specs);
    }
    found
}

/// Before 1.0 flags end at the first other word; what looks like one behind it is most likely a slip.
fn warn_of_late_flags(analyser: &mut Analyser<'_>, found: &Found, specs: &[FlagSpec]) {
    for word in found.words.iter().skip(1).filter(|word| word.text.starts_with("--")) {
        let Some((spec, _)) = split(word, specs) else { continue };
        let message = format!("`{}` is no flag behind other words", word.text);
        let help = format!("write it in front: `{} --{} …`", found.keyword, spec.name);
        analyser.warn("late-flag", word.span, message, &help);
    }
}

/// The flag of a word, and the value that stands in the word.
fn split<'s>(word: &Word, specs: &'s [FlagSpec]) -> Option<(&'s FlagSpec, Option<Word>)> {
    let text = word.text.as_str();
    let end = text.len();
    if let Some(long) = text.strip_prefix("--") {
        let (name, value) = match long.find('=') {
            Some(at) => (&long[..at], Some(slice(word, at + 3, end))),
            None => (long, None),
        };
        return specs.iter().find(|spec| spec.name == name).map(|spec| (spec, value));
    }
    let spec = short_of(specs, text)?;
    let letter = 1 + spec.short.map_or(0, char::len_utf8);
    let start = if text[letter..].starts_with('=') { letter + 1 } else { letter };
    let value = (start < end).then(|| slice(word, start, end));
    Some((spec, value))
}

fn short_of<'s>(specs: &'s [FlagSpec], text: &str) -> Option<&'s FlagSpec> {
    let mut chars = text.strip_prefix('-')?.chars();
    let letter = chars.next()?;
    let behind = chars.next();
    specs.iter().find(|spec| spec.short == Some(letter) && (spec.takes_value || matches!(behind, None | Some('='))))
}

fn unknown(keyword: Keyword, word: &Word, specs: &[FlagSpec]) -> Diagnostic {
    let written = word.text.split('=').next().unwrap_or(&word.text);
    let name = written.trim_start_matches('-');
    let fault = Diagnostic::error("unknown-flag", word.span, format!("`{keyword}` has no flag `{written}`"));
    let names = || specs.iter().map(|spec| spec.name);
    match nearest(name, names()) {
        Some(known) => fault.help(format!("did you mean `--{known}`?")),
        None if specs.is_empty() => {
            fault.help(format!("`{keyword}` takes no flags; put `--` in front of a word that begins with `-`"))
        }
        None => {
            let known: Vec<String> = names().map(|name| format!("`--{name}`")).collect();
            fault.help(format!("its flags are {}", known.join(", ")))
        }
    }
}
