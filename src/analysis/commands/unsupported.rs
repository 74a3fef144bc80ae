//! Commands that cannot be built yet, or never, and those that stand where they must not.

use super::super::analyser::Analyser;
use super::super::features::Feature;
use crate::syntax::ast::{Command, Keyword};

/// Reports a command that is no step.
pub(super) fn command(analyser: &mut Analyser<'_>, command: &Command) {
    let (keyword, span) = (command.keyword, command.span);
    match keyword {
        Keyword::Onbuild => {
            let message = "`ONBUILD` is not part of the language".to_owned();
            let help = "put the commands into a function, and call it with `DO`";
            analyser.error::<()>("onbuild", span, message, help);
        }
        Keyword::Function | Keyword::Command => {
            let message = format!("`{keyword}` cannot stand here");
            let help = "it is the first command of a function, whose name begins with an upper-case letter";
            analyser.error::<()>("misplaced-command", span, message, help);
        }
        Keyword::Host if !analyser.allows(Feature::UseHostCommand, "HOST", span) => {}
        _ => analyser.unsupported(span, keyword.as_str()),
    }
}
