//! `COPY`, in its two forms.

use super::super::analyser::Analyser;
use super::super::call::{ALLOW_PRIVILEGED, BUILD_ARG, How, PASS_ARGS};
use super::super::features::Feature;
use super::super::flags::{self, FlagSpec, Found, Position};
use super::super::mode::parse_mode;
use super::super::program::{ArtifactCall, CopyArtifacts, CopyContext, CopyOptions, Passing, StepKind};
use super::super::regroup::{is_unbalanced, regroup};
use super::super::template::Template;
use super::super::word::slice;
use super::copy_source::{self, Source};
use super::platform::platform;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Command, Word};

const FLAGS: &[FlagSpec] = &[
    FlagSpec::switch("dir"),
    FlagSpec::value("chown"),
    FlagSpec::value("chmod").needs(Feature::UseChmod),
    FlagSpec::switch("keep-ts"),
    FlagSpec::switch("keep-own"),
    FlagSpec::switch("if-exists"),
    FlagSpec::switch("symlink-no-follow"),
    FlagSpec::value("platform"),
    PASS_ARGS,
    ALLOW_PRIVILEGED,
    BUILD_ARG,
    FlagSpec::value("from"),
    FlagSpec::value("exclude"),
    FlagSpec::switch("parents"),
];

pub(super) fn read(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    let words = regroup(analyser.words(command)?);
    let found = flags::parse(analyser, command.keyword, &words, FLAGS, Position::Anywhere);
    if let Some(from) = found.span("from") {
        return analyser.error(
            "copy-from",
            from,
            "`COPY --from` is not part of the language".to_owned(),
            "save the files in a target with `SAVE ARTIFACT path`, and copy them with `COPY +target/path destination`",
        );
    }
    if let Some(word) = found.words.iter().find(|word| word.text.starts_with('(') && is_unbalanced(&word.text)) {
        let open = slice(word, 0, 1).span;
        return analyser.error("unclosed", open, "`(` is not closed".to_owned(), "add the missing `)`");
    }
    let (dest, sources) = match found.words.split_last() {
        Some((dest, sources)) if !sources.is_empty() => (dest, sources),
        _ => {
            let help = "write `COPY source… destination`";
            return analyser.error(
                "missing-argument",
                command.span,
                "`COPY` needs a source and a destination".to_owned(),
                help,
            );
        }
    };
    let how = How::read(analyser, &found).with_wildcards(Feature::WildcardCopy);
    let options = options(analyser, &found, dest);
    let mut found_sources = Vec::new();
    let mut heredocs = command.heredocs.iter();
    let mut texts = Vec::new();
    for word in sources {
        if word.text.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with("<<")
            && let Some(heredoc) = heredocs.next()
        {
            texts.push((heredoc.name.clone(), analyser.text(heredoc)));
            continue;
        }
        found_sources.push(copy_source::read(analyser, &how, word)?);
    }
    // Arguments are for targets only, and artifacts stand with none but artifacts: then a variable has to name one.
    let calls = how.has_args() || found_sources.iter().any(|source| matches!(source, Source::Artifact(_)));
    let mut artifacts = Vec::new();
    let mut paths = Vec::new();
    for source in found_sources {
        match source {
            Source::Artifact(artifact) => artifacts.push(artifact),
            Source::Path(path) if calls && copy_source::is_open(&path) => {
                artifacts.push(how.open(analyser, path, &[]));
            }
            Source::Path(path) => paths.push(path),
        }
    }
    let other = paths.first().map(|path| path.span).or_else(|| texts.first().map(|(_, text)| text.span));
    match (artifacts.first(), other) {
        (Some(artifact), Some(other)) => {
            analyser.fault(copy_mixed(artifact.span(), other));
            None
        }
        (Some(_), None) => from_targets(analyser, &found, artifacts, options),
        (None, _) => from_context(analyser, &how, &found, (paths, texts), options),
    }
}

fn from_targets(
    analyser: &mut Analyser<'_>,
    found: &Found,
    sources: Vec<ArtifactCall>,
    options: CopyOptions,
) -> Option<StepKind> {
    let platform = found.value("platform").map(|word| platform(analyser, word));
    let (exclude, parents) = choice(analyser, found);
    Some(StepKind::CopyArtifacts(CopyArtifacts { sources, platform, options, exclude, parents }))
}

fn from_context(
    analyser: &mut Analyser<'_>,
    how: &How,
    found: &Found,
    (sources, texts): (Vec<Template>, Vec<(String, Template)>),
    options: CopyOptions,
) -> Option<StepKind> {
    let mut platform = found.value("platform").map(|word| platform(analyser, word));
    let mut passing = how.passing();
    // A variable may bring the reference of an artifact.
    if sources.iter().all(|source| source.as_literal().is_some()) {
        (platform, passing) = (None, Passing::default());
        if let Some(span) = found.span("platform") {
            let message = "`--platform` has no effect: `COPY` from the build context calls no target".to_owned();
            analyser.warn("no-effect", span, message, "remove it");
        }
        how.refuse(analyser, found, "`COPY` from the build context");
    }
    let (exclude, parents) = choice(analyser, found);
    Some(StepKind::CopyContext(CopyContext { sources, passing, platform, texts, options, exclude, parents }))
}

/// `--exclude` and `--parents`.
fn choice(analyser: &mut Analyser<'_>, found: &Found) -> (Vec<Template>, bool) {
    for flag in ["exclude", "parents"] {
        if let Some(span) = found.span(flag) {
            analyser.needs_1_0(&format!("`COPY --{flag}`"), span);
        }
    }
    let exclude = found.values("exclude").iter().map(|word| analyser.template(word)).collect();
    (exclude, found.switch(analyser, "parents"))
}

/// What `COPY` and `ADD` share.
pub(super) fn options(analyser: &mut Analyser<'_>, found: &Found, dest: &Word) -> CopyOptions {
    let dest = analyser.template(dest);
    if let Some(text) = dest.as_literal()
        && (text == "~" || text.starts_with("~/"))
    {
        let message = format!("the destination `{text}` is taken as it is: `~` does not stand for a home directory");
        analyser.warn("tilde", dest.span, message, "write the path in full, for example `/root/…`");
    }
    let chmod = found.template(analyser, "chmod");
    if let Some(mode) = &chmod
        && let Some(text) = mode.as_literal()
        && parse_mode(text).is_none()
    {
        let message = format!("`{text}` is not an octal mode");
        analyser.error::<()>("mode", mode.span, message, "write octal digits, for example `--chmod=0755`");
    }
    CopyOptions {
        dest,
        dir: found.switch(analyser, "dir"),
        chown: found.template(analyser, "chown"),
        chmod,
        keep_ts: found.switch(analyser, "keep-ts"),
        keep_own: found.switch(analyser, "keep-own"),
        if_exists: found.switch(analyser, "if-exists"),
        no_follow: found.switch(analyser, "symlink-no-follow"),
    }
}

/// What is wrong with a `COPY` that takes an artifact and a file of the build context, where these stand.
#[must_use]
pub fn copy_mixed(artifact: Span, path: Span) -> Diagnostic {
    let message = "one `COPY` cannot take both artifacts and files of the build context";
    Diagnostic::error("copy-mixed", artifact, message)
        .remark("an artifact")
        .label(path, "a file of the build context")
        .help("write two `COPY` commands")
}
