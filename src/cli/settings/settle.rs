//! All layers, and what they come to.

use super::check::check;
use super::env_file::{self, EnvFile};
use super::file::{self, Whose};
use super::key::options;
use super::misuse::Misuse;
use super::place::Places;
use super::setting::{Layer, Origin, Setting, Value};
use super::{home, key, typed, variables};
use crate::cli::environment;
use clap::{Arg, ArgMatches, Command};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What the layers come to.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    /// Of each option that anything gives, what counts.
    pub layer: Layer,
    /// Where settings files lie.
    pub places: Places,
    /// What the user should know.
    pub notes: Vec<String>,
}

impl Settled {
    /// What was not typed, as it would have been.
    #[must_use]
    pub fn words(&self) -> Vec<OsString> {
        let given = self.layer.iter().filter(|(_, setting)| setting.origin != Origin::CommandLine);
        given.flat_map(|(long, setting)| setting.value.words(long)).collect()
    }

    /// The options that were typed, by their long names.
    pub fn typed(&self) -> impl Iterator<Item = &str> {
        let typed = self.layer.iter().filter(|(_, setting)| setting.origin == Origin::CommandLine);
        typed.map(|(long, _)| long.as_str())
    }
}

/// Reads all layers. `command` is as it was declared, `matches` what was typed, `off` are switches that were typed with a no.
///
/// # Errors
/// When a file is wrong.
pub fn settle(command: &Command, matches: &ArgMatches, off: &[String]) -> Result<Settled, Misuse> {
    let typed = typed::layer(command, matches, off);
    let environment = variables::layer(command, &environment::variable, &Origin::Variable);
    let EnvFile { layer: env_file, variables, mut notes } = env_file::read(command, &[&typed, &environment])?;
    notes.extend(crate::cli::foreign::notes(&|name| {
        environment::variable(name).or_else(|| variables.get(name).cloned())
    }));
    let path = |long: &str| {
        let setting = [&typed, &environment, &env_file].into_iter().find_map(|layer| layer.get(long))?;
        match &setting.value {
            Value::One(path) => Some(PathBuf::from(path)),
            _ => None,
        }
    };
    let named = path("config");
    if let Some(missing) = named.as_ref().filter(|path| !path.exists() || path.is_dir()) {
        let message = format!("there is no settings file {}", missing.display());
        return Err(Misuse::new(message, "`rbuild config KEY VALUE` writes one at its usual place"));
    }
    // Without a current directory there is nothing to build, which is said later.
    let current = std::env::current_dir().and_then(|dir| dir.canonicalize()).unwrap_or_default();
    let user = named.or_else(environment::config_file);
    let places = Places::find(user, &current, path("file").as_deref());
    let mut layers = vec![typed, environment, env_file];
    for (path, whose) in [(&places.project, Whose::Project), (&places.user, Whose::User)] {
        let seen = |layer| shortened(home::expanded(layer, command, environment::home().as_deref()), &current);
        let read = |path: &PathBuf| file::read(path, whose, command).map(seen);
        layers.extend(path.as_ref().map(read).transpose()?);
    }
    let layer = merge(command, layers);
    check_all(command, &layer)?;
    Ok(Settled { layer, places, notes })
}

/// Of each option, the first layer's. What an option of an earlier layer rules out is not given.
fn merge(command: &Command, layers: Vec<Layer>) -> Layer {
    let mut settled = Layer::new();
    for layer in layers {
        let above = settled.clone();
        for (long, setting) in layer {
            let ruled_out = setting.value.is_on() && is_ruled_out(command, &long, &above);
            if !ruled_out && !above.contains_key(&long) {
                settled.insert(long, setting);
            }
        }
    }
    settled
}

/// What was typed is checked by whoever reads the command line; only here it is known where the rest is from.
fn check_all(command: &Command, layer: &Layer) -> Result<(), Misuse> {
    let bare = command.clone().mut_args(|arg| arg.env(None::<&str>));
    for (long, setting) in layer.iter().filter(|(_, setting)| setting.origin != Origin::CommandLine) {
        check(&bare, long, &setting.value).map_err(|what| {
            let help = format!("mend it there, or type the option: `rbuild --{long} …`");
            Misuse::new(format!("{}: {what}", setting.origin), help)
        })?;
    }
    Ok(())
}

fn is_ruled_out(command: &Command, name: &str, above: &Layer) -> bool {
    let is_on = |arg: &Arg| above.get(key::long(arg)).is_some_and(|setting: &Setting| setting.value.is_on());
    let Some(arg) = options(command).find(|arg| key::long(arg) == name) else { return false };
    let excludes = |one: &Arg, other: &Arg| {
        command.get_arg_conflicts_with(one).iter().any(|excluded| excluded.get_id() == other.get_id())
    };
    options(command).any(|other| is_on(other) && (excludes(arg, other) || excludes(other, arg)))
}

/// Files are named as seen from here, where they lie below.
fn shortened(mut layer: Layer, current: &Path) -> Layer {
    for setting in layer.values_mut() {
        if let Origin::File { path, .. } = &mut setting.origin
            && let Ok(below) = path.strip_prefix(current)
        {
            *path = below.to_path_buf();
        }
    }
    layer
}

#[cfg(test)]
#[path = "settle_tests.rs"]
mod tests;
