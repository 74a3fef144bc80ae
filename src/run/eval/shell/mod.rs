//! The little of the shell's language that rbuild reads by itself, with the shell's exact meaning or not at all.
//!
//! Whatever is not certain in every POSIX shell is left to the shell in the container, which runs it as a step.

mod condition;
mod words;

pub use condition::decide;
pub use words::{Value, cut, items, names};

#[cfg(test)]
mod tests;
