//! Secrets and arguments that options give.

use super::environment::variable;
use crate::engine::Secret;
use std::collections::BTreeMap;

/// Reads `--build-arg` values: `NAME=VALUE`, or `NAME` from the environment.
///
/// # Errors
/// A message and a hint.
pub fn build_args(given: &[String]) -> Result<BTreeMap<String, String>, (String, String)> {
    given.iter().map(|text| named(text, "--build-arg")).collect()
}

/// Reads `--secret` and `--secret-file`.
///
/// # Errors
/// A message and a hint.
pub fn secrets(values: &[String], files: &[String]) -> Result<BTreeMap<String, Secret>, (String, String)> {
    let mut secrets = BTreeMap::new();
    let mut add = |name: String, value: Vec<u8>| {
        if secrets.insert(name.clone(), Secret(value)).is_some() {
            return Err((format!("the secret `{name}` is given twice"), "give it once".to_owned()));
        }
        Ok(())
    };
    for text in values {
        let (name, value) = named(text, "--secret")?;
        add(name, value.into_bytes())?;
    }
    for text in files {
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
