//! What stops an evaluation.

use crate::diagnostic::Diagnostic;
use crate::engine::EngineError;
use crate::run::failure::BuildError;
use crate::source::Span;
use crate::trace::Trace;

/// A reason why a target cannot be evaluated.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The Buildfile is wrong.
    Buildfile(Diagnostic),
    /// The engine could not answer a question that this command asks.
    Engine {
        /// What went wrong.
        error: EngineError,
        /// The command.
        span: Span,
    },
    /// A step that evaluation needs the answer of failed, or what a `WAIT` holds could not be done.
    Build(BuildError),
    /// Another target that this one needs is at fault, which has been reported already.
    Elsewhere,
}

impl Fault {
    /// Adds how evaluation came to the target. Calls of functions in it are told beside the fault.
    #[must_use]
    pub fn reached(self, trace: Trace) -> Self {
        match self {
            Self::Buildfile(diagnostic) => Self::Buildfile(diagnostic.reached(trace)),
            fault => fault,
        }
    }
}

impl From<Diagnostic> for Fault {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Buildfile(diagnostic)
    }
}

impl From<BuildError> for Fault {
    fn from(error: BuildError) -> Self {
        match error {
            // What stopped it has been reported by whoever waited for that.
            BuildError::Stopped => Self::Elsewhere,
            error => Self::Build(error),
        }
    }
}

/// The result of evaluating something.
pub type Eval<T> = Result<T, Fault>;
