//! `FROM DOCKERFILE`

use super::super::analyser::Analyser;
use super::super::build_args;
use super::super::call::{ALLOW_PRIVILEGED, BUILD_ARG, How, PASS_ARGS};
use super::super::features::Feature;
use super::super::flags::{self, FlagSpec, Position};
use super::super::program::{DockerPath, FromDockerfile, StepKind};
use super::super::regroup::regroup;
use super::copy_source;
use super::platform::platform;
use crate::syntax::ast::{Command, Word};

const FLAGS: &[FlagSpec] = &[
    FlagSpec::value("file").short('f'),
    FlagSpec::value("target"),
    FlagSpec::value("platform"),
    BUILD_ARG,
    ALLOW_PRIVILEGED.needs(Feature::AllowPrivilegedFromDockerfile),
    PASS_ARGS,
];

pub(super) fn read(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    let words = regroup(analyser.words(command)?);
    let found = flags::parse(analyser, command.keyword, &words, FLAGS, Position::First);
    let Some((context, rest)) = found.words.split_first() else {
        return analyser.error(
            "missing-argument",
            command.span,
            "`FROM DOCKERFILE` names no build context".to_owned(),
            "write `FROM DOCKERFILE directory`, with `.` for the directory of this file",
        );
    };
    let how = How::read(analyser, &found);
    let args = build_args::trailing(analyser, rest);
    let how = how.with_args(args);
    let file = match found.value("file") {
        Some(word) => Some(path(analyser, &how, word)?),
        None => None,
    };
    let context = path(analyser, &how, context)?;
    let target = found.template(analyser, "target");
    let platform = found.value("platform").map(|word| platform(analyser, word));
    Some(StepKind::FromDockerfile(FromDockerfile { file, target, platform, context, passing: how.passing() }))
}

fn path(analyser: &mut Analyser<'_>, how: &How, word: &Word) -> Option<DockerPath> {
    Some(match copy_source::artifact_or_path(analyser, how, word)? {
        copy_source::Source::Artifact(artifact) => DockerPath::Artifact(artifact),
        copy_source::Source::Path(path) => DockerPath::Local(path),
    })
}
