//! `LOCALLY`

use super::super::analyser::Analyser;
use super::super::program::StepKind;
use crate::syntax::ast::Command;

pub(super) fn read(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    if let Some(word) = analyser.words(command)?.first() {
        let message = format!("`LOCALLY` takes no arguments; unexpected `{}`", word.text);
        return analyser.error("extra-argument", word.span, message, "write the command behind it, as a `RUN`");
    }
    Some(StepKind::Locally)
}
