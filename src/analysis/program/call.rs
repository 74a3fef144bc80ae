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
        Call { target, span, passing: self.clone() }
    }
}

/// A target or a function, what it is given, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which one.
    pub target: Late<TargetRef>,
    /// Where the reference stands.
    pub span: Span,
    /// The rest.
    pub passing: Passing,
}

/// One artifact of one target.
#[derive(Debug, Clone)]
pub enum ArtifactCall {
    /// The target is known.
    Named {
        /// The target and its arguments.
        call: Call,
        /// The path inside the target's artifacts, beginning with `/`; may hold wildcards.
        path: Template,
    },
    /// Variables bring target and path together.
    Open {
        /// What expands to both.
        reference: Template,
        /// How the target is called.
        passing: Passing,
    },
}

impl ArtifactCall {
    /// Where the reference stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Named { call, .. } => call.span,
            Self::Open { reference, .. } => reference.span,
        }
    }

    /// What the target is given.
    #[must_use]
    pub fn passing(&self) -> &Passing {
        match self {
            Self::Named { call, .. } => &call.passing,
            Self::Open { passing, .. } => passing,
        }
    }

    /// The call, where the target is known.
    #[must_use]
    pub fn call(&self) -> Option<&Call> {
        match self {
            Self::Named { call, .. } => Some(call),
            Self::Open { .. } => None,
        }
    }

    pub(in crate::analysis) fn call_mut(&mut self) -> Option<&mut Call> {
        match self {
            Self::Named { call, .. } => Some(call),
            Self::Open { .. } => None,
        }
    }
}
