//! `HEALTHCHECK`

use super::super::analyser::Analyser;
use super::super::duration::parse_duration;
use super::super::flags::{self, FlagSpec, Found, Position};
use super::super::program::{CommandLine, Healthcheck, StepKind};
use super::exec_form::exec_form;
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
        return Some(StepKind::Healthcheck(Healthcheck::Cmd {
            command,
            interval: None,
            timeout: None,
            start_period: None,
            start_interval: None,
            retries: None,
        }));
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
            Some(StepKind::Healthcheck(Healthcheck::Cmd {
                command: line,
                interval: duration(analyser, &found, "interval"),
                timeout: duration(analyser, &found, "timeout"),
                start_period: duration(analyser, &found, "start-period"),
                start_interval: duration(analyser, &found, "start-interval"),
                retries: retries(analyser, &found),
            }))
        }
        (other, _) => analyser.error("healthcheck", kind.span, format!("unexpected `{other}`"), FORMS),
    }
}

fn duration(analyser: &mut Analyser<'_>, found: &Found, name: &str) -> Option<Duration> {
    let word = found.value(name)?;
    let text = analyser.fixed(word, &format!("HEALTHCHECK --{name}"))?;
    let duration = parse_duration(&text);
    if duration.is_none() {
        let help = format!("write a number and a unit, for example `--{name}=30s` or `--{name}=1m30s`");
        analyser.error::<()>("duration", word.span, format!("`{text}` is not a duration"), &help);
    }
    duration
}

fn retries(analyser: &mut Analyser<'_>, found: &Found) -> Option<u32> {
    let word = found.value("retries")?;
    let text = analyser.fixed(word, "HEALTHCHECK --retries")?;
    let number = text.parse().ok();
    if number.is_none() {
        let help = "write a number, for example `--retries=3`";
        analyser.error::<()>("retries", word.span, format!("`{text}` is not a number of retries"), help);
    }
    number
}
