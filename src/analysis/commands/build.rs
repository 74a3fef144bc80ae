//! `BUILD`

use super::super::analyser::Analyser;
use super::super::call::{ALLOW_PRIVILEGED, BUILD_ARG, How, PASS_ARGS};
use super::super::features::Feature;
use super::super::flags::{self, FlagSpec, Position};
use super::super::program::{Build, StepKind};
use super::super::regroup::regroup;
use super::platform::platform;
use crate::syntax::ast::Command;

const FLAGS: &[FlagSpec] = &[
    FlagSpec::value("platform"),
    PASS_ARGS,
    ALLOW_PRIVILEGED,
    BUILD_ARG,
    // A hint: what has not changed is not run again in any case.
    FlagSpec::switch("auto-skip").needs(Feature::BuildAutoSkip),
];

pub(super) fn read(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    let words = regroup(analyser.words(command)?);
    let found = flags::parse(analyser, command.keyword, &words, FLAGS, Position::First);
    let platforms = found.values("platform").iter().map(|word| platform(analyser, word)).collect();
    found.switch(analyser, "auto-skip");
    let how = How::read(analyser, &found).with_wildcards(Feature::WildcardBuilds);
    let Some((target, args)) = found.words.split_first() else {
        return analyser.error(
            "missing-argument",
            command.span,
            "`BUILD` names no target".to_owned(),
            "write `BUILD +target`",
        );
    };
    let target = analyser.reference(target);
    let call = how.call(analyser, target, args)?;
    Some(StepKind::Build(Build { platforms, call }))
}
