//! `rbuild config`.

use super::arguments::{Arguments, Config};
use super::context::{Context, Ended};
use super::exit::Exit;
use super::settings::{Edit, EditError, Misuse, Settled, Value, Whose, edit, keys, long, schema};
use crate::ui;
use clap::{Arg, Command, CommandFactory};
use std::path::PathBuf;

/// Settings whose values are nobody's business.
const PRIVATE: &[&str] = &["git-password", "secret"];

/// Shows settings, or changes one.
///
/// # Errors
/// When a key or a value is wrong, or a file cannot be written; it was said.
pub fn config(context: &Context, settled: &Settled, asked: &Config) -> Ended<()> {
    let command = Arguments::command();
    let Config { key, values, delete, project, schema: wants_schema } = asked;
    if *project && values.is_empty() && !delete {
        let help =
            "write `rbuild config --project KEY VALUE`; `rbuild config KEY` shows what counts, and where it is from";
        return Err(context.fail(
            Exit::Usage,
            "`--project` says whose file to change, and nothing is to be changed",
            Some(help),
        ));
    }
    match key {
        None if *wants_schema => context.print(schema(&command))?,
        None => context.print(table(&command, settled))?,
        Some(key) if *delete => change(context, settled, &command, key, Edit::Delete, *project)?,
        Some(key) if !values.is_empty() => change(context, settled, &command, key, Edit::Set(values), *project)?,
        Some(key) => {
            let arg = find(context, &command, key)?;
            let (value, origin) = row(arg, settled);
            context.print(format!("{value}\n"))?;
            context.note(&format!("from: {origin}"));
        }
    }
    Ok(())
}

fn find<'a>(context: &Context, command: &'a Command, key: &str) -> Ended<&'a Arg> {
    super::settings::find(command, key).map_err(|(message, help)| context.fail(Exit::Usage, &message, Some(&help)))
}

fn change(
    context: &Context,
    settled: &Settled,
    command: &Command,
    key: &str,
    change: Edit<'_>,
    project: bool,
) -> Ended<()> {
    let (path, whose): (Option<PathBuf>, _) = if project {
        (Some(settled.places.project_file()), Whose::Project)
    } else {
        (settled.places.user.clone(), Whose::User)
    };
    let path = path.ok_or_else(|| {
        let help = "name one with `--config PATH`";
        context.fail(Exit::Environment, "there is no place for the user's settings: `HOME` is not set", Some(help))
    })?;
    edit(&path, whose, command, key, change).map_err(|error| match error {
        EditError::Misuse(Misuse { message, help }) => context.fail(Exit::Usage, &message, help.as_deref()),
        EditError::Io { verb, error } => {
            context.fail(Exit::Environment, &format!("cannot {verb} {}: {error}", path.display()), None)
        }
    })?;
    context.note(&format!("{} is written", path.display()));
    Ok(())
}

fn table(command: &Command, settled: &Settled) -> String {
    let rows: Vec<Vec<String>> = keys(command)
        .into_iter()
        .map(|arg| {
            let (value, origin) = row(arg, settled);
            vec![long(arg).to_owned(), value, origin]
        })
        .collect();
    ui::table(&["KEY", "VALUE", "FROM"], &rows)
}

/// A setting's value, and where it is from.
fn row(arg: &Arg, settled: &Settled) -> (String, String) {
    let name = long(arg);
    match settled.layer.get(name) {
        Some(setting) => (shown(name, &setting.value), setting.origin.to_string()),
        None if !arg.get_action().takes_values() => ("false".to_owned(), "default".to_owned()),
        None => (default(arg).unwrap_or_else(|| "-".to_owned()), "default".to_owned()),
    }
}

/// What counts where nothing is given: a value, or the words of the help.
fn default(arg: &Arg) -> Option<String> {
    if let Some(value) = arg.get_default_values().first() {
        return Some(value.to_string_lossy().into_owned());
    }
    let help = arg.get_help()?.to_string();
    let (_, behind) = help.split_once("[default: ")?;
    behind.split_once(']').map(|(default, _)| default.trim_matches('`').to_owned())
}

fn shown(name: &str, value: &Value) -> String {
    match value {
        Value::One(_) if PRIVATE.contains(&name) => "…".to_owned(),
        Value::Many(values) if PRIVATE.contains(&name) => {
            let named = |value: &String| value.split_once('=').map_or(value.clone(), |(name, _)| format!("{name}=…"));
            values.iter().map(named).collect::<Vec<_>>().join(" ")
        }
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_gives_has_a_default() {
        let command = Arguments::command();
        for (key, expected) in [
            ("max-parallelism", "the engine's processors, at least 2"),
            ("progress", "auto"),
            ("push", "false"),
            ("ssh-auth-sock", "SSH_AUTH_SOCK"),
            ("git-username", "-"),
        ] {
            let arg = keys(&command).into_iter().find(|arg| long(arg) == key).unwrap();
            assert_eq!(row(arg, &Settled::default()), (expected.to_owned(), "default".to_owned()), "{key}");
        }
    }
}
