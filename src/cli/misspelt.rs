//! What was meant by words that make no sense.

use super::arguments::Arguments;
use super::context::Context;
use super::foreign;
use super::settings::{Misuse, long, options, switches};
use super::targets::WordFault;
use crate::run::load::load;
use crate::syntax::suggest;
use clap::CommandFactory;
use std::sync::Arc;

/// What to say about words that make no sense.
#[must_use]
pub fn explain(context: &Context, fault: &WordFault) -> Misuse {
    let told = match fault {
        WordFault::Option { option, .. } => foreign::option(option),
        WordFault::First(word) => foreign::command(word),
        _ => None,
    };
    told.unwrap_or_else(|| Misuse::new(fault.to_string(), help(context, fault)))
}

fn help(context: &Context, fault: &WordFault) -> String {
    match fault {
        WordFault::Option { option, target } => match (nearest_option(option), target) {
            (Some(near), _) => format!("did you mean `--{near}`?"),
            (None, Some(target)) => {
                let value = if option.contains('=') { "" } else { "=VALUE" };
                format!("an argument of the target stands behind it: `rbuild {target} {option}{value}`")
            }
            (None, None) => "`rbuild --help` tells all options".to_owned(),
        },
        WordFault::First(word) => meant(word, &targets(context)),
        WordFault::NoTarget(word) if targets(context).contains(word) => format!("did you mean `+{word}`?"),
        WordFault::NoTarget(word) => format!("targets have a `+`: `+{word}`; arguments have dashes: `--{word}=VALUE`"),
        WordFault::NoValue(name) => {
            let command = Arguments::command();
            match suggest::nearest(name, switches(&command).map(long)) {
                Some(near) => format!(
                    "did you mean rbuild's option `--{near}`? An argument of the target has a value: `--{name}=VALUE`"
                ),
                None => format!("write `--{name}=VALUE`; rbuild's own options go before the target"),
            }
        }
        WordFault::Behind { option, target } => {
            format!("rbuild's own options go before the target: `rbuild {option} … {target}`")
        }
    }
}

/// What was meant by a word that a target has to follow: `rbuild build`.
#[must_use]
pub fn without_target(context: &Context, word: &str) -> String {
    match targets(context).iter().any(|target| target == word) {
        true => format!("did you mean `rbuild +{word}`?"),
        false => format!("write `rbuild {word} +TARGET`; `rbuild ls` lists the targets"),
    }
}

/// What a first word without a `+` was to be: a target, a command, or one that is spelt a little differently.
fn meant(word: &str, targets: &[String]) -> String {
    if targets.iter().any(|target| target == word) {
        return format!("did you mean `+{word}`?");
    }
    let command = Arguments::command();
    let commands = command.get_subcommands().filter(|command| !command.is_hide_set()).map(clap::Command::get_name);
    if let Some(near) = suggest::nearest(word, commands) {
        return format!("did you mean `rbuild {near}`?");
    }
    match suggest::nearest(word, targets.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `+{near}`?"),
        None => "targets have a `+`: `rbuild ls` lists them; `rbuild --help` tells the commands".to_owned(),
    }
}

/// The targets of the Buildfile that is meant; none where it cannot be read.
fn targets(context: &Context) -> Vec<String> {
    let Some(found) = context.find_buildfile() else { return Vec::new() };
    let files = std::slice::from_ref(&found);
    let features = &context.options.input.version_flag_overrides;
    let loaded = load(files, &context.current, context.home.as_deref(), &Arc::default(), features);
    let unit = loaded.ok().and_then(|loaded| loaded.program.units.get(&found.dir).cloned());
    unit.map(|unit| unit.targets.keys().cloned().collect()).unwrap_or_default()
}

/// The option that was meant by one that does not exist.
fn nearest_option(word: &str) -> Option<String> {
    let command = Arguments::command();
    let name = word.split_once('=').map_or(word, |(name, _)| name).trim_start_matches('-');
    suggest::nearest(name, options(&command).map(long)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_word_may_be_a_target_or_a_command() {
        let targets = ["test", "image", "lsp"].map(str::to_owned);
        for (word, expected) in [
            ("test", "did you mean `+test`?"),
            ("lsp", "did you mean `+lsp`?"),
            ("plna", "did you mean `rbuild plan`?"),
            ("tset", "did you mean `+test`?"),
            ("zzzzzz", "targets have a `+`"),
        ] {
            assert!(meant(word, &targets).starts_with(expected), "{word}: {}", meant(word, &targets));
        }
    }

    #[test]
    fn an_option_may_be_spelt_differently() {
        for (word, expected) in
            [("--no-cahce", Some("no-cache")), ("--plattform=x", Some("platform")), ("--zzzzzzz", None)]
        {
            assert_eq!(nearest_option(word).as_deref(), expected, "{word}");
        }
    }
}
