//! Reading the `VERSION` line.

use super::{Feature, Features, Version};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use crate::syntax::ast::{Args, Command, Word};
use crate::syntax::suggest::nearest;

/// What a `VERSION` line looks like, for help texts.
const FORM: &str = "write `VERSION [--feature…] <number>`, for example `VERSION 1.0`";

impl Features {
    /// The features of a file: `version` is its `VERSION` line; without one, a `Buildfile` is of version 1.0 and an
    /// `Earthfile` of 0.5. Where the line is wrong, what can be read of it holds, and 1.0 stands in for the number.
    #[must_use]
    pub fn of(file: FileId, version: Option<&Command>, is_buildfile: bool) -> (Self, Vec<Diagnostic>) {
        let mut faults = Vec::new();
        let features = match version {
            Some(line) => read(line, &mut faults),
            None if is_buildfile => Self::for_version(Version::V1_0),
            None => {
                faults.push(
                    Diagnostic::warning(
                        "no-version",
                        Span::new(file, 0, 0),
                        "no `VERSION` line: the file is read as version 0.5",
                    )
                    .help("begin the file with `VERSION 0.8`, or with the version that it was written for"),
                );
                Self::for_version(Version::V0_5)
            }
        };
        (features, faults)
    }
}

fn read(line: &Command, faults: &mut Vec<Diagnostic>) -> Features {
    let words: &[Word] = match &line.args {
        Args::Words(words) => words,
        Args::Json(_) | Args::Assign(_) | Args::Pairs(_) => &[],
    };
    let (flags, numbers): (Vec<&Word>, Vec<&Word>) = words.iter().partition(|word| word.text.starts_with('-'));
    let version = match numbers[..] {
        [number] => number_of(number, faults),
        [] => {
            let fault = Diagnostic::error("version-arguments", line.span, "`VERSION` names no version");
            faults.push(fault.help(FORM));
            None
        }
        [_, extra, ..] => {
            let message = format!("unexpected `{}` after the version", extra.text);
            faults.push(Diagnostic::error("version-arguments", extra.span, message).help(FORM));
            number_of(numbers[0], faults)
        }
    };
    let mut features = Features::for_version(version.unwrap_or(Version::V1_0));
    for flag in flags {
        enable(&mut features, flag, version, faults);
    }
    if features.arg_scope_and_set() && !features.shell_out_anywhere() {
        let fault =
            Diagnostic::error("feature-requires", line.span, "`--arg-scope-and-set` requires `--shell-out-anywhere`");
        faults.push(fault.help("add `--shell-out-anywhere` to the `VERSION` line, or move to `VERSION 0.8`"));
    }
    features
}

fn number_of(word: &Word, faults: &mut Vec<Diagnostic>) -> Option<Version> {
    let found = Version::WRITABLE.iter().copied().find(|version| version.as_str() == word.text);
    if found.is_none() {
        let message = format!("`{}` is not a version of the language", word.text);
        let fault = Diagnostic::error("invalid-version", word.span, message);
        // `v0.8`, `"0.8"`, `0.8.0`
        let number = word.text.trim_start_matches(|char: char| !char.is_ascii_digit());
        let meant = Version::WRITABLE.iter().find(|version| number.starts_with(version.as_str()));
        faults.push(fault.help(meant.map_or_else(one_of_all, |meant| format!("write `{meant}`"))));
    }
    found
}

fn one_of_all() -> String {
    let known: Vec<String> = Version::WRITABLE.iter().map(|version| format!("`{version}`")).collect();
    format!("use one of {}", known.join(", "))
}

fn enable(features: &mut Features, word: &Word, version: Option<Version>, faults: &mut Vec<Diagnostic>) {
    let text = word.text.as_str();
    let (flag, value) = text.split_once('=').map_or((text, None), |(flag, value)| (flag, Some(value)));
    let name = flag.trim_start_matches('-');
    let Some(feature) = flag.strip_prefix("--").and_then(Feature::from_flag) else {
        let fault = Diagnostic::error("unknown-feature", word.span, format!("unknown feature `{flag}`"));
        faults.push(match nearest(name, Feature::ALL.iter().map(|feature| feature.flag())) {
            Some(known) => fault.help(format!("did you mean `--{known}`?")),
            None => fault,
        });
        return;
    };
    if value.is_some() {
        let fault = Diagnostic::error("feature-value", word.span, format!("`--{name}` takes no value"));
        faults.push(fault.help(format!("write `--{name}`")));
    } else if let Some(version) = version.filter(|&version| feature.comes_with(version)) {
        let fault = Diagnostic::warning(
            "redundant-feature",
            word.span,
            format!("`--{name}` is redundant: version {version} has it on"),
        );
        faults.push(fault.help(format!("remove `--{name}`")));
    } else if features.has(feature) && version.is_some() {
        faults.push(Diagnostic::warning("redundant-feature", word.span, format!("`--{name}` stands here twice")));
    }
    features.enable(feature);
}
