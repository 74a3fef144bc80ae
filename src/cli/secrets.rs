//! Secrets and arguments that options and files give.

use super::arguments::Options;
use super::dotfiles::Dotfile;
use super::environment::variable;
use crate::engine::Secret;
use std::collections::BTreeMap;

/// Build arguments for all targets.
#[derive(Debug, Clone, Default)]
pub struct BuildArgs {
    /// Of `.arg`, which is for all targets that there are: not every one asks for each of them.
    pub file: BTreeMap<String, String>,
    /// Of `--build-arg`: these win.
    pub typed: BTreeMap<String, String>,
}

/// Reads `.arg` and `--build-arg` values: `NAME=VALUE`, or `NAME` from the environment.
///
/// # Errors
/// A message and a hint.
pub fn build_args(options: &Options) -> Result<BuildArgs, (String, String)> {
    let file = Dotfile::Arg.read(options.input.arg_file_path.as_ref())?;
    let typed = options.input.build_arg.iter().map(|text| named(text, "--build-arg")).collect::<Result<_, _>>()?;
    Ok(BuildArgs { file, typed })
}

/// Reads `--secret`, `--secret-file` and `.secret`.
///
/// # Errors
/// A message and a hint.
pub fn secrets(options: &Options) -> Result<BTreeMap<String, Secret>, (String, String)> {
    let mut secrets = BTreeMap::new();
    let mut add = |name: String, value: Vec<u8>| {
        if secrets.insert(name.clone(), Secret(value)).is_some() {
            return Err((
                format!("the secret `{name}` is given twice"),
                "give it once: with `--secret`, with `--secret-file` or in `.secret`".to_owned(),
            ));
        }
        Ok(())
    };
    for (name, value) in Dotfile::Secret.read(options.input.secret_file_path.as_ref())? {
        add(name, value.into_bytes())?;
    }
    for text in &options.input.secret {
        let (name, value) = named(text, "--secret")?;
        add(name, value.into_bytes())?;
    }
    for text in &options.input.secret_file {
        let hint = || "write `--secret-file NAME=PATH`".to_owned();
        let (name, path) = text.split_once('=').ok_or_else(|| (format!("`{text}` names no file"), hint()))?;
        let value =
            std::fs::read(path).map_err(|error| (format!("cannot read the secret file {path}: {error}"), hint()))?;
        add(name.to_owned(), value)?;
    }
    Ok(secrets)
}

fn named(text: &str, option: &str) -> Result<(String, String), (String, String)> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, variable(text)),
    };
    if name.is_empty() {
        // The value may be a secret.
        return Err((format!("a `{option}` has no name"), format!("write `{option} NAME=VALUE`")));
    }
    let value = value.ok_or_else(|| {
        let hint = format!("write `{option} {name}=VALUE`, or set the environment variable");
        (format!("the environment variable `{name}` is not set"), hint)
    })?;
    Ok((name.to_owned(), value))
}
