//! Faults in Buildfiles, as data: what is wrong, where, and what to do. Wording is finished here; layout and colour are `ui`'s.

use crate::source::Span;
use crate::trace::Trace;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Shown; the build goes on.
    Warning,
    /// The Buildfile is wrong; nothing is built.
    Error,
}

/// A marked range with a short remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The range that is marked.
    pub span: Span,
    /// The remark beside it; may be empty.
    pub text: String,
}

/// One fault of a Buildfile.
///
/// Messages are in lower case without a full stop; what the user wrote stands in back-ticks; help says what to type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable name of the kind of fault, in kebab case: `unknown-command`.
    pub code: &'static str,
    /// What is wrong, in one line.
    pub message: String,
    /// Where; the first label is the main place.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// How the build came to it, where it was found only then.
    pub trace: Trace,
}

impl Diagnostic {
    /// An error at one place.
    #[must_use]
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            labels: vec![Label { span, text: String::new() }],
            help: None,
            trace: Trace::default(),
        }
    }

    /// A warning at one place.
    #[must_use]
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// Adds what the user should do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds how the build came to it.
    #[must_use]
    pub fn reached(mut self, trace: Trace) -> Self {
        self.trace = trace;
        self
    }

    /// Sets the remark at the main place.
    #[must_use]
    pub fn remark(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    /// Marks one more place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// The main place, where there is one.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }

    /// Whether it stops the build.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
