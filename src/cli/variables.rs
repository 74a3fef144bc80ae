//! Values of options that the command line does not give: from the environment, then from `.env`.

use super::dotfiles::{self, Dotfile};
use super::environment::{LISTS, variable};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// Variables that Earthfiles' users have set, by the names that come first here.
const OLDER: &[(&str, &str)] = &[
    ("RBUILD_ALLOW_PRIVILEGED", "EARTHLY_ALLOW_PRIVILEGED"),
    ("RBUILD_ARG_FILE_PATH", "EARTHLY_ARG_FILE_PATH"),
    ("RBUILD_BUILD_ARGS", "EARTHLY_BUILD_ARGS"),
    ("RBUILD_CI", "EARTHLY_CI"),
    ("RBUILD_ENV_FILE_PATH", "EARTHLY_ENV_FILE_PATH"),
    ("RBUILD_GITHUB_ANNOTATIONS", "GITHUB_ACTIONS"),
    ("RBUILD_NO_CACHE", "EARTHLY_NO_CACHE"),
    ("RBUILD_NO_OUTPUT", "EARTHLY_NO_OUTPUT"),
    ("RBUILD_OUTPUT", "EARTHLY_OUTPUT"),
    ("RBUILD_PLATFORM", "EARTHLY_PLATFORMS"),
    ("RBUILD_PULL", "EARTHLY_PULL"),
    ("RBUILD_PUSH", "EARTHLY_PUSH"),
    ("RBUILD_SECRETS", "EARTHLY_SECRETS"),
    ("RBUILD_SECRET_FILES", "EARTHLY_SECRET_FILES"),
    ("RBUILD_SECRET_FILE_PATH", "EARTHLY_SECRET_FILE_PATH"),
    ("RBUILD_SSH_AUTH_SOCK", "EARTHLY_SSH_AUTH_SOCK"),
    ("RBUILD_STRICT", "EARTHLY_STRICT"),
    ("RBUILD_VERSION_FLAG_OVERRIDES", "EARTHLY_VERSION_FLAG_OVERRIDES"),
];

fn older(name: &OsStr) -> Option<&'static str> {
    OLDER.iter().find(|(newer, _)| *newer == name).map(|(_, older)| *older)
}

/// Lets a variable that is set to nothing count as not set, and the older name of one count where the newer is not set.
pub fn with_environment(command: Command) -> Command {
    let set = |name: &OsStr| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    command.mut_args(|arg| {
        let Some(name) = arg.get_env().filter(|name| !set(name)) else { return arg };
        let older = older(name).filter(|older| set(older.as_ref()));
        arg.env(older)
    })
}

/// Options that neither the command line nor clap's variables gave.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct More {
    /// As they would have been typed.
    pub words: Vec<OsString>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Reads what is still open. `command` is as it was declared.
pub fn more(command: &Command, given: &ArgMatches, file: &BTreeMap<String, String>) -> More {
    let mut more = More::default();
    let mut known = Vec::new();
    for arg in command.get_arguments() {
        let list = LISTS.iter().find(|(long, _)| arg.get_long() == Some(*long)).map(|(_, name)| *name);
        let Some(name) = arg.get_env().and_then(OsStr::to_str).or(list) else { continue };
        let names: Vec<&str> = [Some(name), older(name.as_ref())].into_iter().flatten().collect();
        known.extend(names.clone());
        if matches!(
            given.value_source(arg.get_id().as_str()),
            Some(ValueSource::CommandLine | ValueSource::EnvVariable)
        ) {
            continue;
        }
        let set = |value: &String| !value.is_empty();
        let environment = || names.iter().filter(|_| list.is_some()).find_map(|name| variable(name).filter(set));
        if let Some(value) =
            environment().or_else(|| names.iter().find_map(|name| file.get(*name).cloned().filter(set)))
        {
            more.words.extend(typed(arg, &value, list.is_some()));
        }
    }
    if !dotfiles::are_told_apart() {
        let strange = file.keys().filter(|name| !name.starts_with("EARTHLY_") && !known.contains(&name.as_str()));
        more.notes.extend(strange.map(|name| {
            let file = Dotfile::Env.name();
            format!("`{name}` in {file} has no effect: it is no option's variable; build arguments belong into `.arg`, secrets into `.secret`")
        }));
    }
    more
}

fn typed(arg: &Arg, value: &str, is_list: bool) -> Vec<OsString> {
    let long = arg.get_long().unwrap_or_default();
    if !arg.get_action().takes_values() {
        let off = ["0", "n", "no", "f", "false", "off"].contains(&value.to_lowercase().as_str());
        return if off { Vec::new() } else { vec![format!("--{long}").into()] };
    }
    let values: Vec<&str> = if is_list { value.split(',').collect() } else { vec![value] };
    values.into_iter().map(|value| format!("--{long}={value}").into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use clap::CommandFactory;

    fn check(typed: &[&str], file: &[(&str, &str)], expected: &[&str], notes: usize) {
        let command = Arguments::command();
        let without_environment = command.clone().mut_args(|arg| arg.env(None::<&str>));
        let given = without_environment.try_get_matches_from([&["rbuild"], typed].concat()).unwrap();
        let file = file.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let more = more(&command, &given, &file);
        assert_eq!(more.words, expected.iter().map(OsString::from).collect::<Vec<_>>(), "{typed:?} {file:?}");
        assert_eq!(more.notes.len(), notes, "{:?}", more.notes);
    }

    #[test]
    fn the_file_gives_what_nobody_typed() {
        check(&["+a"], &[("RBUILD_PUSH", "true")], &["--push"], 0);
        check(&["+a"], &[("EARTHLY_PUSH", "1"), ("RBUILD_PUSH", "off")], &[], 0);
        check(&["+a"], &[("EARTHLY_PLATFORMS", "linux/arm64")], &["--platform=linux/arm64"], 0);
        check(&["-j", "3", "+a"], &[("RBUILD_MAX_PARALLELISM", "2")], &[], 0);
        check(&["plan", "-j", "3", "+a"], &[("RBUILD_MAX_PARALLELISM", "2")], &[], 0);
        check(&["+a"], &[("RBUILD_BUILD_ARGS", "a=1,b=2")], &["--build-arg=a=1", "--build-arg=b=2"], 0);
        check(&["--build-arg", "c=3", "+a"], &[("EARTHLY_BUILD_ARGS", "a=1")], &[], 0);
        check(&["+a"], &[("NODE_ENV", "production"), ("EARTHLY_ORG", "x")], &[], 1);
    }

    #[test]
    fn every_name_belongs_to_an_option() {
        let command = Arguments::command();
        let mut names: Vec<&str> =
            command.get_arguments().filter_map(|arg| arg.get_env().and_then(OsStr::to_str)).collect();
        names.extend(LISTS.iter().map(|(_, name)| *name));
        let strange: Vec<_> = OLDER.iter().filter(|(newer, _)| !names.contains(newer)).collect();
        assert!(strange.is_empty(), "{strange:?}");
    }
}
