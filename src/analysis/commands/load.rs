//! The value of `WITH DOCKER --load`: `name=+target`, `name=(+target --arg=value)`, or the target alone.

use super::super::analyser::Analyser;
use super::super::call::How;
use super::super::program::Load;
use super::super::regroup::split;
use super::super::word::slice;
use super::copy_source::inside_parentheses;
use crate::syntax::ast::Word;

/// Reads one value. `None`: it is wrong, which is reported.
pub(super) fn read(analyser: &mut Analyser<'_>, how: &How, word: &Word) -> Option<Load> {
    let word = &unquoted(word);
    let (name, rest) = match name_end(&word.text) {
        Some(at) => (Some(slice(word, 0, at)), slice(word, at + 1, word.text.len())),
        None => (None, word.clone()),
    };
    let name = name.filter(|name| !name.text.is_empty());
    let words = match inside_parentheses(&rest) {
        Some(inner) => split(&inner),
        None => vec![rest],
    };
    let Some((target, args)) = words.split_first().filter(|(target, _)| !target.text.is_empty()) else {
        let message = format!("`--load {}` names no target", word.text);
        return analyser.error("missing-argument", word.span, message, "write `--load name=+target`");
    };
    let target = analyser.reference(target);
    let call = how.call(analyser, target, args)?;
    let name = name.map(|name| analyser.template(&name));
    if let Some(name) = &name {
        analyser.check_image(name, "--load name:tag=+target");
    }
    Some(Load { name, call })
}

/// The word without quotes around the whole of it.
fn unquoted(word: &Word) -> Word {
    let text = word.text.as_str();
    let inner = |quote: char| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.replace("\\\"", "").contains(quote)).then(|| slice(word, 1, text.len() - 1))
    };
    match (inner('"'), inner('\'')) {
        // Parentheses behind the quotes are read with them.
        (Some(bare), _) | (_, Some(bare)) if bare.text.starts_with('(') => word.clone(),
        (Some(bare), _) => Word { text: bare.text.replace("\\\"", "\""), ..bare },
        (_, Some(bare)) => bare,
        (None, None) => word.clone(),
    }
}

/// Where the `=` behind an image's name stands. No name holds one outside of `$…`, and a reference begins with none.
fn name_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => {
                chars.next();
            }
            '$' if chars.next_if(|(_, next)| matches!(next, '{' | '(')).is_some() => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            '=' if depth == 0 => return Some(at),
            '+' | '(' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_ends_at_the_first_sign_of_its_own() {
        for (text, expected) in [
            ("a:1=+t", Some(3)),
            ("a=(+t --x=1)", Some(1)),
            ("+t", None),
            ("(+t --x=1)", None),
            ("./d+t", None),
            ("${A:-b=c}=+t", Some(9)),
            ("$(echo a=b)=+t", Some(11)),
            ("$A=+t", Some(2)),
            ("=+t", Some(0)),
        ] {
            assert_eq!(name_end(text), expected, "{text}");
        }
    }
}
