//! `SAVE ARTIFACT`

use super::super::analyser::Analyser;
use super::super::flags::{self, FlagSpec, Found, Position};
use super::super::program::{SaveArtifact, StepKind};
use super::super::reference::has_wildcard;
use super::super::template::Template;
use crate::path::clean;
use crate::syntax::ast::{Command, Word};

const FLAGS: &[FlagSpec] = &[
    FlagSpec::switch("keep-ts"),
    FlagSpec::switch("keep-own"),
    FlagSpec::switch("if-exists"),
    FlagSpec::switch("symlink-no-follow"),
    FlagSpec::switch("force"),
];

/// The forms, for help texts.
const FORMS: &str = "write `SAVE ARTIFACT source [destination] [AS LOCAL path]`";

pub(super) fn read(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    let words = analyser.words(command)?;
    let found = flags::parse(analyser, command.keyword, words, FLAGS, Position::Anywhere);
    let (source, dest, local) = places(analyser, command, &found)?;
    let force = found.switch(analyser, "force");
    let source = analyser.template(source);
    if source.as_literal().is_some_and(|path| path.starts_with('/') && clean(path) == "/") {
        let help = "name a directory below it";
        return analyser.error(
            "save-root",
            source.span,
            "the root directory cannot be saved as an artifact".to_owned(),
            help,
        );
    }
    let dest = dest.map(|word| analyser.template(word));
    let local = local.map(|word| analyser.template(word));
    if let Some(local) = &local {
        check_local(analyser, &source, local, force)?;
    }
    if let Some(span) = found.span("keep-own").filter(|_| analyser.features.save_artifact_keep_own()) {
        let message = "`--keep-own` has no effect: artifacts keep their owners".to_owned();
        analyser.warn("no-effect", span, message, "remove it");
    }
    Some(StepKind::SaveArtifact(SaveArtifact {
        source,
        dest,
        local,
        keep_ts: found.switch(analyser, "keep-ts"),
        keep_own: found.switch(analyser, "keep-own"),
        if_exists: found.switch(analyser, "if-exists"),
        no_follow: found.switch(analyser, "symlink-no-follow"),
        force,
        docs: command.docs.clone(),
    }))
}

type Places<'a> = (&'a Word, Option<&'a Word>, Option<&'a Word>);

/// Source, destination, local path.
fn places<'a>(analyser: &mut Analyser<'_>, command: &Command, found: &'a Found) -> Option<Places<'a>> {
    let is = |word: &Word, keyword: &str| word.text == keyword;
    let like = |word: &Word, keyword: &str| word.text.eq_ignore_ascii_case(keyword);
    match found.words.as_slice() {
        [] => analyser.error("missing-argument", command.span, "`SAVE ARTIFACT` saves nothing".to_owned(), FORMS),
        [source] => Some((source, None, None)),
        [source, r#as, local, path] if is(r#as, "AS") && is(local, "LOCAL") => Some((source, None, Some(path))),
        [source, dest, r#as, local, path] if is(r#as, "AS") && is(local, "LOCAL") => {
            Some((source, Some(dest), Some(path)))
        }
        [.., r#as, local] if like(r#as, "AS") && like(local, "LOCAL") => {
            let span = r#as.span.to(local.span);
            analyser.error("missing-argument", span, format!("no path follows `{} {}`", r#as.text, local.text), FORMS)
        }
        [.., r#as, local, _] if like(r#as, "AS") && like(local, "LOCAL") && !(is(r#as, "AS") && is(local, "LOCAL")) => {
            let span = r#as.span.to(local.span);
            let message = format!("unexpected `{} {}`", r#as.text, local.text);
            analyser.error("save-artifact-arguments", span, message, "did you mean `AS LOCAL`?")
        }
        [_, r#as, path] if like(r#as, "AS") => {
            let help = format!("write `AS LOCAL {}`", path.text);
            analyser.error("save-artifact-arguments", r#as.span, format!("`{}` without `LOCAL`", r#as.text), &help)
        }
        [source, dest] => Some((source, Some(dest), None)),
        [_, _, extra, ..] => {
            let message = format!("unexpected `{}`", extra.text);
            analyser.error("save-artifact-arguments", extra.span, message, FORMS)
        }
    }
}

/// Checks a local path, as far as it is known.
fn check_local(analyser: &mut Analyser<'_>, source: &Template, local: &Template, force: bool) -> Option<()> {
    let Some(path) = local.as_literal() else { return Some(()) };
    if path.is_empty() {
        return analyser.error("missing-argument", local.span, "the path behind `AS LOCAL` is empty".to_owned(), FORMS);
    }
    let is_directory = path.ends_with('/') || path == "." || path == "..";
    if source.as_literal().is_some_and(has_wildcard) && !is_directory {
        let message =
            "a pattern may match several files, but the path behind `AS LOCAL` does not end with `/`".to_owned();
        return analyser.error("local-pattern", local.span, message, &format!("write `AS LOCAL {path}/`"));
    }
    let outside = clean(path).split('/').next() == Some("..");
    if outside && !force && analyser.features.require_force_for_unsafe_saves() {
        let message = format!("`{path}` lies outside of the directory of this file");
        let help = "choose a path below it, or write `SAVE ARTIFACT --force`";
        return analyser.error("local-outside", local.span, message, help);
    }
    Some(())
}
