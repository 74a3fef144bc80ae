//! `HEALTHCHECK`

use super::super::analyser::Analyser;
use super::super::duration::parse_duration;
use super::super::flags::{self, FlagSpec, Found, Position};
use super::super::program::{CommandLine, Healthcheck, Late, Probe, StepKind};
use super::exec_form::exec_form;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Args, Command};
use std::time::Duration;

const FLAGS: &[FlagSpec] = &[
    FlagSpec::value("interval"),
    FlagSpec::value("timeout"),
    FlagSpec::value("start-period"),
    FlagSpec::value("start-interval"),
    FlagSpec::value("retries"),
];

/// The forms, for help texts.
const FORMS: &str = "write `HEALTHCHECK CMD command`, or `HEALTHCHECK NONE`";

pub(super) fn read(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    // Flags in front of an array hide it from the syntax tree; without them it shows there.
    if let Args::Json(strings) = &command.args {
        let command = CommandLine::Exec(strings.iter().map(|string| string.value.clone()).collect());
        return Some(StepKind::Healthcheck(Healthcheck::Cmd(Box::new(Probe {
            command,
            interval: None,
            timeout: None,
            start_period: None,
            start_interval: None,
            retries: None,
        }))));
    }
    let words = analyser.words(command)?;
    let found = flags::parse(analyser, command.keyword, words, FLAGS, Position::First);
    let Some((kind, probe)) = found.words.split_first() else {
        return analyser.error("missing-argument", command.span, "`HEALTHCHECK` checks nothing".to_owned(), FORMS);
    };
    match (kind.text.as_str(), probe) {
        ("NONE", []) if found.words.len() == words.len() => Some(StepKind::Healthcheck(Healthcheck::None)),
        ("NONE", _) => {
            analyser.error("extra-argument", command.span, "`HEALTHCHECK NONE` takes nothing else".to_owned(), FORMS)
        }
        ("CMD", []) => analyser.error("missing-argument", kind.span, "no command follows `CMD`".to_owned(), FORMS),
        ("CMD", [first, .., last] | [first @ last]) => {
            let span = first.span.to(last.span);
            let line = match exec_form(probe) {
                Some(strings) if analyser.features.buildfile() => CommandLine::Exec(strings),
                Some(_) => {
                    let message = "the exec form of `HEALTHCHECK` needs `VERSION 1.0`".to_owned();
                    return analyser.error(
                        "feature-off",
                        span,
                        message,
                        "write the command without brackets, or `VERSION 1.0`",
                    );
                }
                None => CommandLine::Shell(analyser.shell_line(probe, span)),
            };
            Some(StepKind::Healthcheck(Healthcheck::Cmd(Box::new(Probe {
                command: line,
                interval: duration(analyser, &found, "interval"),
                timeout: duration(analyser, &found, "timeout"),
                start_period: duration(analyser, &found, "start-period"),
                start_interval: duration(analyser, &found, "start-interval"),
                retries: analyser.late(&found, "retries", healthcheck_retries),
            }))))
        }
        (other, _) => analyser.error("healthcheck", kind.span, format!("unexpected `{other}`"), FORMS),
    }
}

fn duration(analyser: &mut Analyser<'_>, found: &Found, name: &str) -> Option<Late<Duration>> {
    analyser.late(found, name, healthcheck_time)
}

/// Reads the value of a time of `HEALTHCHECK`.
///
/// # Errors
/// Where it is no duration.
pub fn healthcheck_time(text: &str, span: Span) -> Result<Duration, Diagnostic> {
    parse_duration(text).ok_or_else(|| {
        Diagnostic::error("duration", span, format!("`{text}` is not a duration"))
            .help("write a number and a unit, for example `30s` or `1m30s`")
    })
}

/// Reads the value of `HEALTHCHECK --retries`.
///
/// # Errors
/// Where it is no number.
pub fn healthcheck_retries(text: &str, span: Span) -> Result<u32, Diagnostic> {
    text.parse().map_err(|_| {
        Diagnostic::error("retries", span, format!("`{text}` is not a number of retries"))
            .help("write a number, for example `--retries=3`")
    })
}
