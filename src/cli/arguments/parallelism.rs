//! How many steps run at the same time.

use std::num::NonZeroUsize;

/// How many steps run at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parallelism {
    /// As many as the engine has processors, and memory is there for.
    Auto,
    /// So many.
    Steps(NonZeroUsize),
}

/// Reads `auto` or a number.
///
/// # Errors
/// What to give instead.
pub fn parse(text: &str) -> Result<Parallelism, String> {
    match text {
        "auto" => Ok(Parallelism::Auto),
        _ => {
            text.parse().map(Parallelism::Steps).map_err(|_| "give a number of steps, at least 1, or `auto`".to_owned())
        }
    }
}

/// Reads a number.
///
/// # Errors
/// What to give instead.
pub fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "give a number, at least 1".to_owned())
}
