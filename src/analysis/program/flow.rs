//! Blocks: what decides which steps are walked, and how often.

use super::{CommandLine, Flag, Late, MountSpec, Recipe, SecretSpec};
use crate::analysis::template::Template;
use crate::source::Span;
use crate::syntax::ast::Name;

/// `IF … ELSE IF … ELSE … END`
#[derive(Debug, Clone)]
pub struct If {
    /// `IF` and every `ELSE IF`, in order.
    pub branches: Vec<Branch>,
    /// What follows `ELSE`; empty without one.
    pub otherwise: Recipe,
}

/// One condition and its steps.
#[derive(Debug, Clone)]
pub struct Branch {
    /// The condition's line.
    pub span: Span,
    /// The line as written: `IF [ -f x ]`.
    pub text: String,
    /// The condition; it holds when the command ends with 0.
    pub condition: Question,
    /// What is done then.
    pub body: Recipe,
}

/// `FOR`
#[derive(Debug, Clone)]
pub struct For {
    /// The variable that takes one value after the other.
    pub variable: Name,
    /// `--sep`: the characters between values; by default line end, tab and blank.
    pub separators: Option<Template>,
    /// The values: what `echo` prints of these words.
    pub values: Question,
    /// What is done for each value.
    pub body: Recipe,
}

/// `TRY`
#[derive(Debug, Clone)]
pub struct Try {
    /// What is tried.
    pub body: Recipe,
    /// What is done when it fails (1.0).
    pub catch: Recipe,
    /// What is saved in any case.
    pub finally: Recipe,
}

/// A command that runs for its answer only: what it does to files is thrown away.
#[derive(Debug, Clone)]
pub struct Question {
    /// The command. The shell form's text is opaque: its template is one literal part.
    pub command: CommandLine,
    /// `--no-cache`
    pub no_cache: Flag,
    /// `--privileged`
    pub privileged: Flag,
    /// `--ssh`
    pub ssh: Flag,
    /// `--secret`, in order.
    pub secrets: Vec<Late<Option<SecretSpec>>>,
    /// `--mount`, in order.
    pub mounts: Vec<Late<MountSpec>>,
}
