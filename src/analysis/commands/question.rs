//! The conditions of `IF` and `ELSE IF`, and what they share with `FOR`.

use super::super::analyser::Analyser;
use super::super::features::Version;
use super::super::flags::{self, FlagSpec, Found, Position};
use super::super::program::{CommandLine, Question};
use super::super::template::Template;
use super::super::word::texts;
use super::run::{mount, secret};
use crate::source::Span;
use crate::syntax::ast::{Args, Command, Word};

/// The flags of every command that runs for its answer.
pub(super) const FLAGS: [FlagSpec; 5] = [
    FlagSpec::switch("no-cache"),
    FlagSpec::value("secret"),
    FlagSpec::value("mount"),
    FlagSpec::switch("privileged"),
    FlagSpec::switch("ssh"),
];

/// Reads the condition of `IF` or `ELSE IF`.
pub(in crate::analysis) fn condition(analyser: &mut Analyser<'_>, header: &Command) -> Option<Question> {
    let words: &[Word] = match &header.args {
        Args::Json(_) => &[],
        _ => analyser.words(header)?,
    };
    let found = flags::parse(analyser, header.keyword, words, &FLAGS, Position::First);
    let command = match &header.args {
        Args::Json(strings) => {
            let strings: Vec<String> = strings.iter().map(|string| string.value.clone()).collect();
            match analyser.features.version >= Version::V1_0 {
                true => CommandLine::Exec(strings),
                // Before 1.0, an array is a text for the shell here.
                false => CommandLine::Shell(Template::literal(strings.join(" "), header.span)),
            }
        }
        _ => CommandLine::Shell(text(&found.words, header.span)),
    };
    let empty = match &command {
        CommandLine::Shell(text) => text.parts.is_empty(),
        CommandLine::Exec(args) => args.is_empty(),
    };
    if empty {
        let message = format!("not enough arguments for `{}`", header.keyword);
        let help = format!("write a condition behind it, for example `{} [ -f file ]`", header.keyword);
        return analyser.error("missing-argument", header.span, message, &help);
    }
    Some(question(analyser, &found, command))
}

/// A command and the flags in front of it.
pub(super) fn question(analyser: &mut Analyser<'_>, found: &Found, command: CommandLine) -> Question {
    Question {
        command,
        no_cache: found.flag(analyser, "no-cache"),
        privileged: found.flag(analyser, "privileged"),
        ssh: found.flag(analyser, "ssh"),
        secrets: found.values("secret").iter().filter_map(|word| secret(analyser, word)).collect(),
        mounts: found.values("mount").iter().filter_map(|word| mount(analyser, word)).collect(),
    }
}

/// Words as one text for the shell.
pub(super) fn text(words: &[Word], otherwise: Span) -> Template {
    let span = match (words.first(), words.last()) {
        (Some(first), Some(last)) => first.span.to(last.span),
        _ => otherwise,
    };
    Template::literal(texts(words), span)
}
