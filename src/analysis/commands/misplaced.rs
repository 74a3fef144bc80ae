//! Commands that are no steps, or stand where they must not.

use super::super::analyser::Analyser;
use super::super::program::StepKind;
use crate::syntax::ast::{Command, Keyword};

/// Reports a command that is no step.
pub(super) fn command(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    let (keyword, span) = (command.keyword, command.span);
    let misplaced = format!("`{keyword}` cannot stand here");
    match keyword {
        Keyword::Onbuild => {
            let message = "`ONBUILD` is not part of the language".to_owned();
            analyser.error("onbuild", span, message, "put the commands into a function, and call it with `DO`")
        }
        Keyword::Function | Keyword::Command => {
            let help = "it is the first command of a function, whose name begins with an upper-case letter";
            analyser.error("misplaced-command", span, misplaced, help)
        }
        _ => analyser.error("misplaced-command", span, misplaced, "it belongs to a block that ends with `END`"),
    }
}
