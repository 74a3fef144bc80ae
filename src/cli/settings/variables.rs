//! Settings in variables, of the environment or of `.env`. One that is set to nothing counts as not set.

use super::key::{Shape, long, options};
use super::older::older;
use super::setting::{Layer, Origin, Setting, Value};
use crate::cli::environment::LISTS;
use clap::{Arg, Command};

/// What a switch's variable says when it says no.
const NO: &[&str] = &["0", "n", "no", "f", "false", "off"];

/// The variables of an option; the first that is set counts.
pub fn names(arg: &Arg) -> Vec<&str> {
    let list = LISTS.iter().find(|(long, _)| arg.get_long() == Some(*long)).map(|(_, name)| *name);
    let Some(name) = arg.get_env().and_then(|name| name.to_str()).or(list) else { return Vec::new() };
    [Some(name), older(name)].into_iter().flatten().collect()
}

/// Reads the variables of all options.
pub fn layer(command: &Command, get: &dyn Fn(&str) -> Option<String>, origin: &dyn Fn(String) -> Origin) -> Layer {
    let set = |name: &&str| get(name).filter(|value| !value.is_empty()).map(|value| ((*name).to_owned(), value));
    options(command)
        .filter_map(|arg| {
            let (name, value) = names(arg).iter().find_map(set)?;
            Some((long(arg).to_owned(), Setting { value: read(arg, value), origin: origin(name) }))
        })
        .collect()
}

fn read(arg: &Arg, value: String) -> Value {
    match Shape::of(arg) {
        Shape::Switch => Value::Switch(!NO.contains(&value.to_lowercase().as_str())),
        Shape::List => Value::Many(value.split(',').map(str::to_owned).collect()),
        _ => Value::One(value),
    }
}
