//! Places inside words, and words made of words.

use crate::source::Span;
use crate::syntax::ast::Word;

/// The place of a range of bytes of a word's text. Where the text is shorter than what was written (a continuation was taken
/// out of it), offsets say nothing, and the whole word stands in.
pub(super) fn place(word: &Word, start: usize, end: usize) -> Span {
    if word.span.len() == word.text.len() {
        let at = word.span.start as usize;
        Span::new(word.span.file, at + start, at + end)
    } else {
        word.span
    }
}

/// The part of a word between two offsets of its text.
pub(super) fn slice(word: &Word, start: usize, end: usize) -> Word {
    Word { text: word.text[start..end].to_owned(), span: place(word, start, end) }
}

/// One word of several, with a blank between each two. Nothing of nothing.
pub(super) fn join(words: &[Word]) -> Option<Word> {
    let span = words.first()?.span.to(words.last()?.span);
    Some(Word { text: texts(words), span })
}

/// The texts of words with a blank between each two.
pub(super) fn texts(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}
