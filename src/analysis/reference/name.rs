//! What names look like.

/// Whether a text is the name of a target: a lower-case letter, then letters, digits, `.` and `-`.
#[must_use]
pub fn is_target_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first.is_ascii_lowercase())
        && chars.all(|char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-'))
}

/// Whether a text is the name of a function: an upper-case letter, then upper-case letters, digits, `.` and `_`.
#[must_use]
pub fn is_function_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first.is_ascii_uppercase())
        && chars.all(|char| char.is_ascii_uppercase() || char.is_ascii_digit() || matches!(char, '.' | '_'))
}
