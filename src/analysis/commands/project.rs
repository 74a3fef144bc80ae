//! `PROJECT`

use super::super::analyser::Analyser;
use super::super::features::Feature;
use super::super::program::StepKind;
use crate::syntax::ast::Command;

pub(super) fn read(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    if !analyser.allows(Feature::UseProjectSecrets, "PROJECT", command.span) {
        return None;
    }
    let words = analyser.words(command)?;
    let is_project = |text: &str| matches!(text.split('/').collect::<Vec<_>>()[..], [org, project] if !org.is_empty() && !project.is_empty());
    match words {
        [word] if is_project(&word.text) => Some(StepKind::Project),
        _ => {
            let message = "`PROJECT` needs an organization and a project".to_owned();
            analyser.error("project", command.span, message, "write `PROJECT organization/project`")
        }
    }
}
