//! Calls of targets and functions.

use super::Late;
use crate::analysis::reference::TargetRef;
use crate::analysis::template::Template;
use crate::source::Span;

/// Arguments for another target or function: `--key=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildArg {
    /// The name, which is literal.
    pub name: String,
    /// The value; `None` (from `--build-arg name`): the current value of that name.
    pub value: Option<Template>,
    /// Where it stands.
    pub span: Span,
}

/// A target or a function, what it is given, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which one.
    pub target: Late<TargetRef>,
    /// Where the reference stands.
    pub span: Span,
    /// Its arguments in order.
    pub args: Vec<BuildArg>,
    /// `--pass-args`
    pub pass_args: bool,
    /// `--allow-privileged`
    pub allow_privileged: bool,
}

/// One artifact of one target.
#[derive(Debug, Clone)]
pub struct ArtifactCall {
    /// The target and its arguments.
    pub call: Call,
    /// The path inside the target's artifacts, beginning with `/`; may hold wildcards.
    pub path: Template,
}
