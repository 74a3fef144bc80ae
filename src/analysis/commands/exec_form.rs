//! Exec forms that the syntax tree does not show as such, for flags stand in front of them.

use super::super::word::texts;
use crate::syntax::ast::Word;

/// The strings of words that are a JSON array together.
pub(super) fn exec_form(words: &[Word]) -> Option<Vec<String>> {
    if !words.first()?.text.starts_with('[') {
        return None;
    }
    serde_json::from_str(&texts(words)).ok()
}
