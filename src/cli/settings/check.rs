//! Whether an option takes a value.

use super::setting::Value;
use clap::Command;
use clap::error::{ContextKind, ContextValue};
use std::error::Error as _;
use std::ffi::OsString;

/// Whether the option takes the value. `command` reads no environment.
///
/// # Errors
/// Why not.
pub fn check(command: &Command, long: &str, value: &Value) -> Result<(), String> {
    for word in value.words(long) {
        let words = [OsString::from("rbuild"), word];
        if let Err(error) = command.clone().try_get_matches_from(words) {
            return Err(format!("`{value}` is no value of `{long}`{}", reason(&error)));
        }
    }
    Ok(())
}

fn reason(error: &clap::Error) -> String {
    if let Some(source) = error.source() {
        return format!(": {source}");
    }
    let near = match error.get(ContextKind::SuggestedValue) {
        Some(ContextValue::String(near)) => format!("; did you mean `{near}`?"),
        _ => String::new(),
    };
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(valid)) => format!(": it is one of {}{near}", valid.join(", ")),
        _ => String::new(),
    }
}
