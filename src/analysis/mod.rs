//! Syntax tree to typed program: flags, references, words. Nothing above this floor parses a flag or a reference again.

pub mod features;
pub mod program;
pub mod reference;
pub mod template;
