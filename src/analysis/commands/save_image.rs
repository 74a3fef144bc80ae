//! `SAVE IMAGE`

use super::super::analyser::Analyser;
use super::super::features::Feature;
use super::super::flags::{self, FlagSpec, Position};
use super::super::program::{SaveImage, StepKind};
use crate::syntax::ast::Command;

const FLAGS: &[FlagSpec] = &[
    FlagSpec::switch("push"),
    FlagSpec::switch("insecure"),
    // A hint for a remote cache: it changes no result.
    FlagSpec::switch("cache-hint"),
    FlagSpec::value("cache-from"),
    FlagSpec::switch("no-manifest-list").needs(Feature::UseNoManifestList),
    FlagSpec::switch("without-earthly-labels").needs(Feature::AllowWithoutEarthlyLabels),
];

pub(super) fn read(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    let words = analyser.words(command)?;
    let found = flags::parse(analyser, command.keyword, words, FLAGS, Position::Anywhere);
    let push = found.switch(analyser, "push");
    let hint = found.switch(analyser, "cache-hint");
    if found.words.is_empty() {
        if push {
            let help = "write `SAVE IMAGE --push name:tag`";
            return analyser.error(
                "missing-argument",
                command.span,
                "`SAVE IMAGE --push` names no image".to_owned(),
                help,
            );
        }
        if !hint {
            let message = "`SAVE IMAGE` without a name does nothing".to_owned();
            analyser.warn("no-effect", command.span, message, "remove it, or give the image a name");
        }
    }
    let cache_from = found.values("cache-from").iter().map(|from| analyser.template(from)).collect::<Vec<_>>();
    cache_from.iter().for_each(|name| analyser.check_image(name, "SAVE IMAGE --cache-from=name:tag …"));
    let insecure = found.switch(analyser, "insecure");
    if insecure {
        let message = "`--insecure` is for the engine to decide, which pushes the image".to_owned();
        let help = "list the registry under `insecure-registries` in the engine's daemon.json";
        analyser.warn("insecure-push", command.span, message, help);
    }
    let names = found.words.iter().map(|word| analyser.template(word)).collect::<Vec<_>>();
    names.iter().for_each(|name| analyser.check_image(name, "SAVE IMAGE name:tag"));
    Some(StepKind::SaveImage(SaveImage {
        names,
        push,
        cache_from,
        insecure,
        no_manifest_list: found.switch(analyser, "no-manifest-list"),
        without_labels: found.switch(analyser, "without-earthly-labels"),
        docs: command.docs.clone(),
    }))
}
