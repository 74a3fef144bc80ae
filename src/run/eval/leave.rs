//! The leave that privileges need: of the user, and of whoever refers to a file of another repository.

use super::fault::Eval;
use super::recipe::Frame;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::workspace::Remote;

/// What to do where a file of another repository is not trusted.
pub(super) const TRUST: &str = "if you trust it, allow it where it is referenced: `--allow-privileged` behind `FROM`, `COPY`, `BUILD`, `DO` or `IMPORT`";

impl Frame<'_> {
    /// The repository of others that what is being walked stands in, unless whoever referred to it trusts it.
    pub(super) fn untrusted(&self) -> Option<Remote> {
        self.evaluator.repository(&self.home.dir).filter(|_| !self.home.trusted)
    }

    /// Refuses what needs the user's leave, unless it was given.
    pub(super) fn allow_privileged(&self, what: &str, span: Span) -> Eval<()> {
        if let Some(remote) = self.untrusted() {
            let message =
                format!("`{what}` of another repository, `{remote}`, runs with privileges, which nobody allowed");
            return Err(Diagnostic::error("privileged", span, message).help(TRUST).into());
        }
        if self.evaluator.settings.allow_privileged {
            return Ok(());
        }
        let message = format!("`{what}` runs a privileged container, which nobody allowed");
        Err(Diagnostic::error("privileged", span, message)
            .help("if you trust this Buildfile, allow it: `rbuild --allow-privileged …` (or `-P`)")
            .into())
    }
}
