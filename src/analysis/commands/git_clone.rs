//! `GIT CLONE`

use super::super::analyser::Analyser;
use super::super::flags::{self, FlagSpec, Position};
use super::super::program::{GitClone, StepKind};
use crate::syntax::ast::Command;

const FLAGS: &[FlagSpec] = &[FlagSpec::value("branch"), FlagSpec::switch("keep-ts")];

pub(super) fn read(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    let words = analyser.words(command)?;
    let found = flags::parse(analyser, command.keyword, words, FLAGS, Position::Anywhere);
    let (url, dest) = match found.words.as_slice() {
        [url, dest] => (analyser.template(url), analyser.template(dest)),
        [] | [_] => {
            let message = "`GIT CLONE` needs an address and a directory".to_owned();
            let help = "write `GIT CLONE https://host/repository directory`";
            return analyser.error("missing-argument", command.span, message, help);
        }
        [_, _, extra, ..] => {
            let message = format!("`GIT CLONE` takes an address and a directory; unexpected `{}`", extra.text);
            let help = "write `GIT CLONE https://host/repository directory`";
            return analyser.error("extra-argument", extra.span, message, help);
        }
    };
    Some(StepKind::GitClone(GitClone {
        url,
        dest,
        branch: found.template(analyser, "branch"),
        keep_ts: found.switch(analyser, "keep-ts"),
    }))
}
