//! `DO`

use super::super::analyser::Analyser;
use super::super::call::{ALLOW_PRIVILEGED, BUILD_ARG, How, PASS_ARGS};
use super::super::flags::{self, FlagSpec, Position};
use super::super::program::StepKind;
use super::super::regroup::regroup;
use crate::syntax::ast::Command;

const FLAGS: &[FlagSpec] = &[PASS_ARGS, ALLOW_PRIVILEGED, BUILD_ARG];

pub(super) fn read(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    let words = regroup(analyser.words(command)?);
    let found = flags::parse(analyser, command.keyword, &words, FLAGS, Position::First);
    let how = How::read(analyser, &found);
    let Some((function, args)) = found.words.split_first() else {
        let help = "write `DO +FUNCTION`";
        return analyser.error("missing-argument", command.span, "`DO` names no function".to_owned(), help);
    };
    let function = analyser.reference(function);
    Some(StepKind::Do(how.function(analyser, function, args)?))
}
