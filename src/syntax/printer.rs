//! Tree to text.

use crate::syntax::ast::File;

/// Prints.
#[must_use]
pub fn print(file: &File) -> String {
    let _ = (file, super::json::quote(""));
    String::new()
}
