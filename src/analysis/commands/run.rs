//! `RUN`

use super::super::analyser::Analyser;
use super::super::features::Feature;
use super::super::flags::{self, FlagSpec, Found, Position};
use super::super::mount::MountError;
use super::super::program::{CommandLine, Late, MountSpec, Run, SecretSpec, StepKind};
use super::super::template::Template;
use super::super::word::texts;
use super::exec_form::exec_form;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Args, Command, Word};

/// What to do without the flags that get credentials of a cloud.
const CREDENTIALS: &str =
    "give the command credentials with `--secret AWS_ACCESS_KEY_ID --secret AWS_SECRET_ACCESS_KEY`";

const FLAGS: &[FlagSpec] = &[
    FlagSpec::switch("push"),
    FlagSpec::switch("no-cache"),
    FlagSpec::switch("entrypoint"),
    FlagSpec::value("secret"),
    FlagSpec::value("mount"),
    FlagSpec::value("network").needs(Feature::NoNetwork),
    FlagSpec::switch("raw-output").needs(Feature::RawOutput),
    FlagSpec::switch("privileged"),
    FlagSpec::switch("ssh"),
    FlagSpec::switch("interactive"),
    FlagSpec::switch("interactive-keep"),
    FlagSpec::switch("aws").needs(Feature::RunWithAws).refused(CREDENTIALS),
    FlagSpec::value("oidc").needs(Feature::RunWithAwsOidc).refused(CREDENTIALS),
    FlagSpec::switch("with-docker"),
];

pub(super) fn read(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    let words: &[Word] = match &command.args {
        Args::Json(_) => &[],
        _ => analyser.words(command)?,
    };
    let found = flags::parse(analyser, command.keyword, words, FLAGS, Position::First);
    if let Some(span) = found.span("with-docker") {
        let help = "write `WITH DOCKER`, the `RUN`, and `END`";
        return analyser.error("obsolete-flag", span, "`--with-docker` is obsolete".to_owned(), help);
    }
    let entrypoint = found.flag(analyser, "entrypoint");
    let line = command_line(analyser, command, &found);
    if matches!(&line, CommandLine::Shell(text) if text.parts.is_empty()) && entrypoint == Late::Known(false) {
        let help = "write the command behind it, for example `RUN make`";
        return analyser.error("missing-argument", command.span, "`RUN` runs nothing".to_owned(), help);
    }
    Some(StepKind::Run(Run {
        command: line,
        no_cache: found.flag(analyser, "no-cache"),
        push: found.flag(analyser, "push"),
        privileged: found.flag(analyser, "privileged"),
        entrypoint,
        ssh: found.flag(analyser, "ssh"),
        network_none: analyser.late(&found, "network", check_network).unwrap_or(Late::Known(false)),
        secrets: found.values("secret").iter().filter_map(|word| secret(analyser, word)).collect(),
        mounts: found.values("mount").iter().filter_map(|word| mount(analyser, word)).collect(),
        interactive: found.flag(analyser, "interactive"),
        interactive_keep: found.flag(analyser, "interactive-keep"),
        raw_output: found.flag(analyser, "raw-output"),
    }))
}

fn command_line(analyser: &Analyser<'_>, command: &Command, found: &Found) -> CommandLine {
    if let Args::Json(strings) = &command.args {
        return CommandLine::Exec(strings.iter().map(|string| string.value.clone()).collect());
    }
    // Before 1.0, flags in front of an array make it a text for the shell.
    if analyser.features.buildfile()
        && let Some(strings) = exec_form(&found.words)
    {
        return CommandLine::Exec(strings);
    }
    let span = match (found.words.first(), found.words.last()) {
        (Some(first), Some(last)) => first.span.to(last.span),
        _ => command.span,
    };
    let text = if command.heredocs.is_empty() {
        texts(&found.words)
    } else {
        super::script::script(&found.words, &command.heredocs)
    };
    CommandLine::Shell(Template::literal(text, span))
}

/// Reads the value of `--network`: whether there is none.
///
/// # Errors
/// Where it is another.
pub fn check_network(text: &str, span: Span) -> Result<bool, Diagnostic> {
    if text == "none" {
        return Ok(true);
    }
    let message = format!("`{text}` is not a network; the only value is `none`");
    Err(Diagnostic::error("network", span, message).help("write `--network=none`, or leave it out"))
}

pub(super) fn secret(analyser: &mut Analyser<'_>, word: &Word) -> Option<Late<Option<SecretSpec>>> {
    let template = analyser.template(word);
    let features = analyser.features;
    match Late::of(template, |text| SecretSpec::parse(text, features)) {
        Ok(secret) => Some(secret),
        Err(fault) => {
            let help = fault.help();
            analyser.error("secret", word.span, fault.to_string(), &help)
        }
    }
}

pub(super) fn mount(analyser: &mut Analyser<'_>, word: &Word) -> Option<Late<MountSpec>> {
    let template = analyser.template(word);
    match Late::of(template, MountSpec::parse) {
        Ok(mount) => Some(mount),
        Err(fault) => {
            let mut report = Diagnostic::error(fault.code(), word.span, fault.to_string());
            report.help = fault.help();
            if let MountError::Unsupported { .. } = fault {
                analyser.later(report);
            } else {
                analyser.fault(report);
            }
            None
        }
    }
}
