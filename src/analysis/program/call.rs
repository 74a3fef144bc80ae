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

/// What a target is given, and how: all of a call but the target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passing {
    /// Its arguments in order.
    pub args: Vec<BuildArg>,
    /// `--pass-args`
    pub pass_args: bool,
    /// `--allow-privileged`
    pub allow_privileged: bool,
}

impl Passing {
    /// The call of a target in this way.
    #[must_use]
    pub fn call(&self, target: Late<TargetRef>, span: Span) -> Call {
        let Self { args, pass_args, allow_privileged } = self.clone();
        Call { target, span, args, pass_args, allow_privileged }
    }
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
    /// The path inside the target's artifacts, beginning with `/`; may hold wildcards. `None`: variables bring target and path together,
    /// and the call's target expands to both.
    pub path: Option<Template>,
}
