//! Variables without a value: where a command is wrong, that is often why, and what it expands to does not show it.

use super::fault::Fault;
use super::recipe::Frame;
use crate::source::Span;
use crate::syntax::suggest;
use std::sync::{MutexGuard, PoisonError};

/// A variable that stood for nothing in a word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blank {
    /// Its name.
    pub name: String,
    /// Whether it has a value all the same: an empty one.
    pub is_set: bool,
}

impl Frame<'_> {
    /// The variables without a value of the command that is being walked.
    pub(super) fn blanks(&self) -> MutexGuard<'_, Vec<Blank>> {
        self.blanks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault of a command with what its variables have to do with it.
    pub(super) fn with_blanks(&self, fault: Fault, place: Span) -> Fault {
        let blanks = std::mem::take(&mut *self.blanks());
        let Fault::Buildfile(mut fault) = fault else { return fault };
        let is_here = |at: Span| at.file == place.file && (place.start..=place.end).contains(&at.start);
        if blanks.is_empty() || !fault.span().is_some_and(is_here) {
            return fault.into();
        }
        let said: Vec<String> = blanks.iter().map(|blank| self.words(blank)).collect();
        let said = said.join("; ");
        fault = match fault.labels.first() {
            Some(label) if label.text.is_empty() => fault.remark(said),
            _ => {
                let help = fault.help.take().map(|help| format!("{help}\n{said}")).unwrap_or(said);
                fault.help(help)
            }
        };
        fault.into()
    }

    fn words(&self, Blank { name, is_set }: &Blank) -> String {
        if *is_set {
            return format!("`${name}` is empty here");
        }
        let known = self.scope.names().chain(self.state.patch.env.keys().map(String::as_str));
        let near = suggest::nearest(name, known).map(|near| format!(", did you mean `${near}`?"));
        format!("`${name}` is not set here{}", near.unwrap_or_default())
    }
}
