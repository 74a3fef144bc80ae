//! What the command line gives.

use super::key::{Shape, long, options};
use super::setting::{Layer, Origin, Setting, Value};
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

/// The options that were typed, and `off`: switches that were typed with a no.
pub fn layer(command: &Command, matches: &ArgMatches, off: &[String]) -> Layer {
    let setting = |value| Setting { value, origin: Origin::CommandLine };
    let typed = options(command).filter_map(|arg| {
        let id = arg.get_id().as_str();
        (matches.value_source(id) == Some(ValueSource::CommandLine)).then_some(())?;
        let mut raw = matches.get_raw(id).into_iter().flatten().map(|value| value.to_string_lossy().into_owned());
        let value = match Shape::of(arg) {
            Shape::Switch => Value::Switch(true),
            Shape::List => Value::Many(raw.collect()),
            _ => Value::One(raw.next()?),
        };
        Some((long(arg).to_owned(), setting(value)))
    });
    let mut layer: Layer = off.iter().map(|long| (long.clone(), setting(Value::Switch(false)))).collect();
    layer.extend(typed);
    layer
}
