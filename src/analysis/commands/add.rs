//! `ADD`

use super::super::add_source::AddSource;
use super::super::analyser::Analyser;
use super::super::flags::{self, FlagSpec, Position};
use super::super::program::{Add, StepKind};
use super::copy::options;
use crate::syntax::ast::Command;

const FLAGS: &[FlagSpec] = &[
    FlagSpec::switch("dir"),
    FlagSpec::value("chown"),
    FlagSpec::value("chmod"),
    FlagSpec::switch("keep-ts"),
    FlagSpec::switch("if-exists"),
    FlagSpec::value("exclude"),
    FlagSpec::value("checksum"),
    FlagSpec::switch("keep-git-dir"),
    FlagSpec::switch("unpack"),
];

pub(super) fn read(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    analyser.needs_1_0("`ADD`", command.span)?;
    let words = analyser.words(command)?;
    let found = flags::parse(analyser, command.keyword, words, FLAGS, Position::Anywhere);
    let (dest, sources) = match found.words.split_last() {
        Some((dest, sources)) if !sources.is_empty() => (dest, sources),
        _ => {
            let message = "`ADD` needs a source and a destination".to_owned();
            return analyser.error("missing-argument", command.span, message, "write `ADD source… destination`");
        }
    };
    let options = options(analyser, &found, dest);
    let mut templates = Vec::new();
    for source in sources {
        let template = analyser.template(source);
        if let Some(text) = template.as_literal()
            && let Err(fault) = AddSource::parse(text, template.span)
        {
            analyser.fault(fault);
            return None;
        }
        templates.push(template);
    }
    if let (Some(span), [_, _, ..]) = (found.span("checksum"), sources) {
        let message = "`--checksum` is of one source, and there are several".to_owned();
        return analyser.error("checksum", span, message, "write an `ADD` for each source");
    }
    let unpack = found.span("unpack").map(|_| found.switch(analyser, "unpack"));
    Some(StepKind::Add(Add {
        sources: templates,
        options,
        exclude: found.values("exclude").iter().map(|word| analyser.template(word)).collect(),
        checksum: found.template(analyser, "checksum"),
        keep_git_dir: found.switch(analyser, "keep-git-dir"),
        unpack,
    }))
}
