//! The JSON schema of settings files, for editors.

use super::key::{Shape, keys, long};
use super::project::may_set;
use crate::cli::git_sites;
use clap::{Arg, Command};
use serde_json::{Map, Value, json};

/// The schema, ending with a line feed.
#[must_use]
pub fn schema(command: &Command) -> String {
    let mut properties: Map<String, Value> =
        keys(command).into_iter().map(|arg| (long(arg).to_owned(), property(arg))).collect();
    properties.insert(git_sites::TABLE.to_owned(), hosts());
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Settings of rbuild",
        "description": "config.toml of a user, and .rbuild.toml of a project. Every key is an option of the command line.",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    format!("{schema:#}\n")
}

/// How repositories of each host are reached.
fn hosts() -> Value {
    let kind = |key: &str| match key {
        "port" => json!({ "type": "integer", "minimum": 1, "maximum": 65535 }),
        "strict_host_key_checking" => json!({ "type": "boolean" }),
        "auth" => json!({ "type": "string", "enum": ["auto", "https", "http", "ssh"] }),
        _ => json!({ "type": "string" }),
    };
    let keys: Map<String, Value> = git_sites::KEYS.iter().map(|key| ((*key).to_owned(), kind(key))).collect();
    json!({
        "type": "object",
        "description": "How repositories are reached, by their host (not in a project's file)",
        "additionalProperties": { "type": "object", "additionalProperties": false, "properties": keys },
    })
}

fn property(arg: &Arg) -> Value {
    let mut property = match Shape::of(arg) {
        Shape::Switch => json!({ "type": "boolean" }),
        Shape::List => json!({ "type": "array", "items": { "type": "string" } }),
        Shape::Number => json!({ "type": ["integer", "string"], "minimum": 1 }),
        Shape::Choice(choices) => json!({ "type": "string", "enum": choices }),
        Shape::Text => json!({ "type": "string" }),
    };
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let whose = if may_set(long(arg)) { "" } else { " (not in a project's file)" };
    property["description"] = format!("{help}{whose}").into();
    if let [default] = arg.get_default_values()
        && arg.get_action().takes_values()
    {
        property["default"] = default.to_string_lossy().into();
    }
    property
}
