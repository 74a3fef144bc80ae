//! `CACHE`

use super::super::analyser::Analyser;
use super::super::features::Feature;
use super::super::flags::{self, FlagSpec, Found, Position};
use super::super::mode::parse_mode;
use super::super::program::{Cache, Sharing, StepKind};
use crate::syntax::ast::Command;

const FLAGS: &[FlagSpec] = &[
    FlagSpec::value("sharing"),
    FlagSpec::value("chmod"),
    FlagSpec::value("id"),
    FlagSpec::switch("persist").needs(Feature::CachePersistOption),
];

pub(super) fn read(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    if !analyser.allows(Feature::UseCacheCommand, "CACHE", command.span) {
        return None;
    }
    let words = analyser.words(command)?;
    let found = flags::parse(analyser, command.keyword, words, FLAGS, Position::Anywhere);
    let dir = match found.words.as_slice() {
        [dir] => analyser.template(dir),
        [] => {
            let help = "write `CACHE /directory`";
            return analyser.error("missing-argument", command.span, "`CACHE` needs a directory".to_owned(), help);
        }
        [_, extra, ..] => {
            let message = format!("`CACHE` takes one directory; unexpected `{}`", extra.text);
            return analyser.error("extra-argument", extra.span, message, "write a `CACHE` for each directory");
        }
    };
    let mode = found.template(analyser, "chmod");
    if let Some(mode) = &mode
        && let Some(text) = mode.as_literal()
        && parse_mode(text).is_none()
    {
        let message = format!("`{text}` is not an octal mode");
        analyser.error::<()>("mode", mode.span, message, "write octal digits, for example `--chmod=0755`");
    }
    // Before there was a choice, what a cache holds went into the image.
    let persist = found.switch(analyser, "persist") || !analyser.features.cache_persist_option();
    Some(StepKind::Cache(Cache {
        dir,
        sharing: sharing(analyser, &found),
        mode,
        id: found.template(analyser, "id"),
        persist,
    }))
}

fn sharing(analyser: &mut Analyser<'_>, found: &Found) -> Sharing {
    let Some(word) = found.value("sharing") else { return Sharing::default() };
    let Some(text) = analyser.fixed(word, "CACHE --sharing") else { return Sharing::default() };
    Sharing::parse(&text).unwrap_or_else(|| {
        let names: Vec<String> = Sharing::NAMES.iter().map(|(name, _)| format!("`{name}`")).collect();
        let help = format!("use one of {}", names.join(", "));
        analyser.error::<()>("sharing", word.span, format!("`{text}` is not a way to share a cache"), &help);
        Sharing::default()
    })
}
