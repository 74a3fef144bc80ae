//! `.env`, or the file that counts instead.

use super::key::options;
use super::misuse::Misuse;
use super::setting::{Layer, Origin, Value};
use super::variables::{self, names};
use crate::cli::dotfiles::{self, Dotfile};
use clap::Command;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the file says.
#[derive(Debug, Default)]
pub struct EnvFile {
    /// Its settings.
    pub layer: Layer,
    /// All its variables.
    pub variables: BTreeMap<String, String>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Reads the file that the layers above name, else `.env`, which need not be there.
pub fn read(command: &Command, above: &[&Layer]) -> Result<EnvFile, Misuse> {
    let named = above.iter().find_map(|layer| layer.get("env-file-path"));
    let path = match named.map(|setting| &setting.value) {
        Some(Value::One(path)) => Some(PathBuf::from(path)),
        _ => None,
    };
    let (variables, left_out) = match &path {
        Some(path) => (Dotfile::Env.read(Some(path))?, Vec::new()),
        None => Dotfile::Env.read_what_can_be()?,
    };
    let path = path.unwrap_or_else(|| Dotfile::Env.name().into());
    let layer = variables::layer(command, &|name| variables.get(name).cloned(), &|name| Origin::EnvFile {
        path: path.clone(),
        name,
    });
    let left_out =
        left_out.iter().map(|fault| format!("{}: line {} is left out: {}", path.display(), fault.line, fault.what));
    let mut notes: Vec<String> = left_out.collect();
    if !dotfiles::are_told_apart() {
        let known: Vec<&str> = options(command).flat_map(names).collect();
        let strange = variables.keys().filter(|name| !name.starts_with("EARTHLY_") && !known.contains(&name.as_str()));
        notes.extend(strange.map(|name| {
            let file = path.display();
            format!("`{name}` in {file} has no effect: it is no option's variable; build arguments belong into `.arg`, secrets into `.secret`")
        }));
    }
    Ok(EnvFile { layer, variables, notes })
}
