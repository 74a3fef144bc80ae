//! `ARG`, `LET`, `SET`, `ENV`.

use crate::analysis::template::Template;
use crate::syntax::ast::{Docs, Name};

/// `ARG`
#[derive(Debug, Clone)]
pub struct Arg {
    /// The name.
    pub name: Name,
    /// What follows `=`.
    pub default: Option<Template>,
    /// `--required`
    pub required: bool,
    /// `--global`
    pub global: bool,
    /// The comment above it.
    pub docs: Option<Docs>,
}

/// `LET`, `SET`, `ENV`
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Template,
}
