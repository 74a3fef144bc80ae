//! The commands that set an image's config: `WORKDIR`, `USER`, `CMD`, `ENTRYPOINT`, `EXPOSE`, `LABEL`, `VOLUME`

use super::super::analyser::Analyser;
use super::super::flags::{self, Position};
use super::super::program::{CommandLine, StepKind};
use super::super::template::Template;
use crate::syntax::ast::{Args, Command, Word};

/// Beginnings of label keys that are ours to set.
const RESERVED: &[&str] = &["dev.rbuild.", "dev.earthly."];

pub(super) fn workdir(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    one(analyser, command, "a directory", "WORKDIR /src").map(StepKind::Workdir)
}

pub(super) fn user(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    one(analyser, command, "a user", "USER name").map(StepKind::User)
}

pub(super) fn expose(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    let words = some(analyser, command, "a port", "EXPOSE 8080")?;
    let ports: Vec<Template> = words.iter().map(|word| analyser.template(word)).collect();
    for port in &ports {
        if let Some(text) = port.as_literal()
            && !is_port(text)
        {
            let help = "write a port or a range, for example `8080`, `8000-8010` or `53/udp`";
            analyser.error::<()>("port", port.span, format!("`{text}` is not a port"), help);
        }
    }
    Some(StepKind::Expose(ports))
}

pub(super) fn volume(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    if let Args::Json(strings) = &command.args {
        let paths = strings.iter().map(|string| {
            let word = Word { text: string.value.clone(), span: string.span };
            analyser.template(&word)
        });
        return Some(StepKind::Volume(paths.collect()));
    }
    let words = some(analyser, command, "a directory", "VOLUME /data")?;
    Some(StepKind::Volume(words.iter().map(|word| analyser.template(word)).collect()))
}

pub(super) fn cmd(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    command_line(analyser, command).map(StepKind::Cmd)
}

pub(super) fn entrypoint(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    command_line(analyser, command).map(StepKind::Entrypoint)
}

/// The shell of the commands that follow, and of the image's own.
pub(super) fn shell(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    analyser.needs_1_0("`SHELL`", command.span)?;
    match &command.args {
        Args::Json(strings) if !strings.is_empty() => {
            Some(StepKind::Shell(strings.iter().map(|string| string.value.clone()).collect()))
        }
        _ => {
            let message = "`SHELL` takes a JSON array of a program and its arguments".to_owned();
            analyser.error("json-form", command.span, message, "write `SHELL [\"/bin/bash\", \"-c\"]`")
        }
    }
}

/// The signal that ends a container of the image.
pub(super) fn stopsignal(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    analyser.needs_1_0("`STOPSIGNAL`", command.span)?;
    let signal = one(analyser, command, "a signal", "STOPSIGNAL SIGTERM")?;
    if let Some(text) = signal.as_literal()
        && !is_signal(text)
    {
        let help = "write its name or its number, for example `SIGTERM` or `15`";
        analyser.error::<()>("signal", signal.span, format!("`{text}` is not a signal"), help);
    }
    Some(StepKind::Stopsignal(signal))
}

/// Whether a text is what Docker takes for a signal: `SIGTERM`, `TERM`, `15`, `SIGRTMIN+3`.
#[must_use]
pub fn is_signal(text: &str) -> bool {
    if let Ok(number) = text.parse::<u8>() {
        return (1..=64).contains(&number);
    }
    let name = text.strip_prefix("SIG").unwrap_or(text);
    let (base, offset) = name.split_once(['+', '-']).unwrap_or((name, "0"));
    base.len() > 1
        && base.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && !base.bytes().all(|byte| byte.is_ascii_digit())
        && offset.parse::<u8>().is_ok()
}

pub(super) fn label(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    let pairs = match &command.args {
        Args::Pairs(pairs) if !pairs.is_empty() => pairs,
        Args::Pairs(_) | Args::Words(_) | Args::Json(_) | Args::Assign(_) => {
            let message = "`LABEL` sets no label".to_owned();
            return analyser.error("missing-argument", command.span, message, "write `LABEL key=value`");
        }
    };
    let mut labels = Vec::new();
    for pair in pairs {
        let key = analyser.template(&pair.key);
        let start = match key.parts.first() {
            Some(super::super::template::Part::Literal(text)) => text.as_str(),
            _ => "",
        };
        if let Some(reserved) = RESERVED.iter().find(|reserved| start.starts_with(**reserved)) {
            let message = format!("labels that begin with `{reserved}` are reserved");
            analyser.error::<()>("reserved-label", key.span, message, "use another key");
        }
        labels.push((key, analyser.template(&pair.value)));
    }
    Some(StepKind::Label(labels))
}

fn command_line(analyser: &mut Analyser<'_>, command: &Command) -> Option<CommandLine> {
    if let Args::Json(strings) = &command.args {
        return Some(CommandLine::Exec(strings.iter().map(|string| string.value.clone()).collect()));
    }
    let example = format!("{} [\"program\", \"argument\"]", command.keyword);
    let words = some(analyser, command, "a command", &example)?;
    let span = words[0].span.to(words[words.len() - 1].span);
    Some(CommandLine::Shell(analyser.shell_line(words, span)))
}

/// The words of a command that needs at least one.
fn some<'c>(analyser: &mut Analyser<'_>, command: &'c Command, what: &str, example: &str) -> Option<&'c [Word]> {
    let words = analyser.words(command)?;
    if words.is_empty() {
        let message = format!("`{}` needs {what}", command.keyword);
        return analyser.error("missing-argument", command.span, message, &format!("write `{example}`"));
    }
    Some(words)
}

/// The only word of a command that needs exactly one, and has no flags.
fn one(analyser: &mut Analyser<'_>, command: &Command, what: &str, example: &str) -> Option<Template> {
    let words = some(analyser, command, what, example)?;
    let found = flags::parse(analyser, command.keyword, words, &[], Position::First);
    match found.words.as_slice() {
        [] => None,
        [word] => Some(analyser.template(word)),
        [_, extra, ..] => {
            let message = format!("`{}` takes one argument; unexpected `{}`", command.keyword, extra.text);
            analyser.error("extra-argument", extra.span, message, "put quotes around an argument that holds blanks")
        }
    }
}

/// Whether a text is what Docker takes for a port: `[[ip:]host:]container[/protocol]`, with ranges.
fn is_port(text: &str) -> bool {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let container = ports.rsplit(':').next().unwrap_or(ports);
    let (first, last) = container.split_once('-').unwrap_or((container, container));
    let number = |text: &str| text.parse::<u16>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    matches!((number(first), number(last)), (Some(first), Some(last)) if first <= last)
        && matches!(protocol.to_ascii_lowercase().as_str(), "tcp" | "udp" | "sctp")
}
