//! Words that belong together: what a parenthesis or a quote opens in one word may close in a later one.

use super::word::join;
use crate::syntax::ast::Word;

/// Joins words whose parentheses and quotes are not balanced with those that follow, by one blank each, up to the closer (or to
/// the last word, where there is none). `(+t/a --x=1)` becomes one word.
pub(super) fn regroup(words: &[Word]) -> Vec<Word> {
    let mut groups = Vec::new();
    let mut first = 0;
    let mut open = Open::default();
    for (at, word) in words.iter().enumerate() {
        open.read(&word.text);
        if open.is_closed() || at + 1 == words.len() {
            groups.extend(join(&words[first..=at]));
            first = at + 1;
            open = Open::default();
        }
    }
    groups
}

/// Whether a text leaves a parenthesis or a quote open.
pub(super) fn is_unbalanced(text: &str) -> bool {
    let mut open = Open::default();
    open.read(text);
    !open.is_closed()
}

/// What is open at some place.
#[derive(Default)]
struct Open {
    parentheses: usize,
    quote: Option<char>,
}

impl Open {
    fn is_closed(&self) -> bool {
        self.parentheses == 0 && self.quote.is_none()
    }

    fn read(&mut self, text: &str) {
        let mut chars = text.chars();
        while let Some(char) = chars.next() {
            match (char, self.quote) {
                ('\\', None | Some('"')) => {
                    chars.next();
                }
                (char, Some(quote)) if char == quote => self.quote = None,
                (_, Some(_)) => {}
                ('"' | '\'', None) => self.quote = Some(char),
                ('(', None) => self.parentheses += 1,
                (')', None) => self.parentheses = self.parentheses.saturating_sub(1),
                _ => {}
            }
        }
    }
}

/// The words of a text: split at blanks outside of quotes and parentheses. Quotes stay.
pub(super) fn split(word: &Word) -> Vec<Word> {
    let mut words = Vec::new();
    let mut start: Option<usize> = None;
    let mut open = Open::default();
    let mut rest = word.text.char_indices().peekable();
    while let Some((at, char)) = rest.next() {
        if char.is_whitespace() && open.is_closed() {
            if let Some(begin) = start.take() {
                words.push(super::word::slice(word, begin, at));
            }
            continue;
        }
        start.get_or_insert(at);
        // An escape and what it escapes are read together.
        let mut end = at + char.len_utf8();
        if char == '\\'
            && open.quote != Some('\'')
            && let Some((_, next)) = rest.next()
        {
            end += next.len_utf8();
        }
        open.read(&word.text[at..end]);
    }
    if let Some(begin) = start {
        words.push(super::word::slice(word, begin, word.text.len()));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    fn word(text: &str) -> Word {
        Word { text: text.to_owned(), span: Span::new(FileId(0), 0, text.len()) }
    }

    fn texts(words: &[Word]) -> Vec<&str> {
        words.iter().map(|word| word.text.as_str()).collect()
    }

    #[test]
    fn open_parentheses_swallow_the_words_up_to_the_closer() {
        for (line, expected) in [
            ("a b", vec!["a", "b"]),
            ("(+t/a --x=1) ./", vec!["(+t/a --x=1)", "./"]),
            ("(+t/a --x=\"a)\" --y) .", vec!["(+t/a --x=\"a)\" --y)", "."]),
            ("--a=$(f (g) h) x", vec!["--a=$(f (g) h)", "x"]),
            ("a\\( b", vec!["a\\(", "b"]),
            ("a) b", vec!["a)", "b"]),
            ("(a b", vec!["(a b"]),
        ] {
            let words: Vec<Word> = line.split(' ').map(word).collect();
            assert_eq!(texts(&regroup(&words)), expected, "{line}");
        }
    }

    #[test]
    fn a_text_is_split_at_blanks_that_no_quote_holds() {
        for (text, expected) in [
            ("+t/a  --x=1", vec!["+t/a", "--x=1"]),
            ("+t \"--c=d e\" f", vec!["+t", "\"--c=d e\"", "f"]),
            ("+t --a=b\\ c d", vec!["+t", "--a=b\\ c", "d"]),
            ("+t --a=$(x y) d", vec!["+t", "--a=$(x y)", "d"]),
            ("  ", vec![]),
        ] {
            assert_eq!(texts(&split(&word(text))), expected, "{text}");
        }
        assert_eq!(split(&word("a bc"))[1].span, Span::new(FileId(0), 2, 4));
    }
}
