//! Changing a settings file: all but the setting stays as it is, comments included.

use super::check::check;
use super::file::{self, Whose};
use super::key::Shape;
use super::misuse::Misuse;
use clap::{Arg, Command};
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use toml_edit::{Array, DocumentMut, Item, Value};

/// What to change.
#[derive(Debug, Clone, Copy)]
pub enum Edit<'a> {
    /// Give it this value; a list has any number of them.
    Set(&'a [String]),
    /// Take it out.
    Delete,
}

/// Why a file was not changed.
#[derive(Debug)]
pub enum EditError {
    /// What was asked for is wrong, or the file is.
    Misuse(Misuse),
    /// It cannot be read or written.
    Io {
        /// What was tried.
        verb: &'static str,
        /// What happened.
        error: io::Error,
    },
}

impl From<Misuse> for EditError {
    fn from(misuse: Misuse) -> Self {
        Self::Misuse(misuse)
    }
}

/// Changes one setting. The file is made if it is not there, for its owner's eyes only; it is replaced whole, or not at all.
///
/// # Errors
/// When the key or the value is wrong, the file is, or it cannot be written.
pub fn edit(path: &Path, whose: Whose, command: &Command, name: &str, edit: Edit<'_>) -> Result<(), EditError> {
    let arg = file::find(command, name).map_err(Misuse::from)?;
    if path.exists() && !path.is_file() {
        let message = format!("{} is no file that can be changed", path.display());
        return Err(Misuse::new(message, "name another one with `--config PATH`").into());
    }
    let old = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(EditError::Io { verb: "read", error }),
    };
    file::parse(&old, path, whose, command)?;
    let mut document: DocumentMut =
        old.parse().map_err(|error: toml_edit::TomlError| Misuse { message: error.to_string(), help: None })?;
    match edit {
        Edit::Delete if document.remove(name).is_none() => {
            let message = format!("{} does not set `{name}`", path.display());
            return Err(Misuse::new(message, format!("`rbuild config {name}` tells where its value is from")).into());
        }
        Edit::Delete => {}
        Edit::Set(values) => set(&mut document, name, value(arg, name, values)?),
    }
    let new = document.to_string();
    let checked = file::parse(&new, path, whose, command).map_err(|misuse| {
        // The line is that of a file that is not written.
        let what = misuse.message.split_once(": ").map_or(misuse.message.clone(), |(_, what)| what.to_owned());
        Misuse { message: what, ..misuse }
    })?;
    if let Some(setting) = checked.get(name) {
        let bare = command.clone().mut_args(|arg| arg.env(None::<&str>));
        check(&bare, name, &setting.value).map_err(|message| Misuse { message, help: None })?;
    }
    replace(path, &new).map_err(|error| EditError::Io { verb: "write", error })
}

/// A value that is there keeps the comment behind it.
fn set(document: &mut DocumentMut, name: &str, mut value: Value) {
    if let Some(old) = document.get(name).and_then(Item::as_value) {
        *value.decor_mut() = old.decor().clone();
    }
    document[name] = Item::Value(value);
}

fn value(arg: &Arg, name: &str, values: &[String]) -> Result<Value, Misuse> {
    let shape = Shape::of(arg);
    if shape == Shape::List {
        return Ok(Value::Array(values.iter().map(String::as_str).collect::<Array>()));
    }
    let [text] = values else {
        return Err(Misuse::new(format!("`{name}` has one value"), format!("write `rbuild config {name} VALUE`")));
    };
    match shape {
        Shape::Switch => text.parse::<bool>().map(Value::from).map_err(|_| {
            Misuse::new(format!("`{text}` is neither `true` nor `false`"), format!("write `rbuild config {name} true`"))
        }),
        Shape::Number => Ok(text.parse::<i64>().map_or_else(|_| text.as_str().into(), Value::from)),
        _ => Ok(text.as_str().into()),
    }
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    // A link stays one: many keep their settings elsewhere.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let mode = fs::metadata(&path).map_or(0o600, |metadata| metadata.permissions().mode());
    let temporary = path.with_extension(format!("toml.{}", std::process::id()));
    let written =
        fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary).and_then(|mut file| {
            io::Write::write_all(&mut file, text.as_bytes())?;
            file.sync_all()
        });
    let replaced = written.and_then(|()| fs::rename(&temporary, &path));
    if replaced.is_err() {
        let _absent = fs::remove_file(&temporary);
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use clap::CommandFactory;

    fn change(path: &Path, name: &str, what: Edit<'_>) -> Result<String, String> {
        match edit(path, Whose::User, &Arguments::command(), name, what) {
            Ok(()) => Ok(fs::read_to_string(path).unwrap()),
            Err(EditError::Misuse(misuse)) => Err(misuse.message),
            Err(EditError::Io { verb, error }) => Err(format!("{verb}: {error}")),
        }
    }

    #[test]
    fn a_file_keeps_its_comments_and_everything_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("made/config.toml");
        let set = |name: &str, values: &[&str]| {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            change(&path, name, Edit::Set(&values))
        };
        assert_eq!(set("max-parallelism", &["4"]).unwrap(), "max-parallelism = 4\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, "# mine\nmax-parallelism = 4 # cores\n\n# no pushes\npush=false\n").unwrap();
        assert_eq!(
            set("max-parallelism", &["auto"]).unwrap(),
            "# mine\nmax-parallelism = \"auto\" # cores\n\n# no pushes\npush=false\n"
        );
        assert!(set("build-arg", &["a=1", "b=2"]).unwrap().ends_with("push=false\nbuild-arg = [\"a=1\", \"b=2\"]\n"));
        let deleted = change(&path, "max-parallelism", Edit::Delete).unwrap();
        assert!(deleted.contains("# no pushes\npush=false") && !deleted.contains("auto"), "{deleted}");
    }

    #[test]
    fn what_is_wrong_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        let set = |name: &str, value: &str| change(&path, name, Edit::Set(&[value.to_owned()]));
        assert!(set("max-parallelism", "0").unwrap_err().starts_with("`0` is no value of `max-parallelism`"));
        assert_eq!(set("push", "maybe").unwrap_err(), "`maybe` is neither `true` nor `false`");
        assert_eq!(set("pusch", "true").unwrap_err(), "there is no setting `pusch`");
        assert!(change(&path, "push", Edit::Delete).unwrap_err().ends_with("does not set `push`"));
        assert!(!path.exists());
        let device = change(Path::new("/dev/null"), "push", Edit::Set(&["true".to_owned()]));
        assert_eq!(device.unwrap_err(), "/dev/null is no file that can be changed");
        fs::write(&path, "push = \n").unwrap();
        assert!(set("push", "true").unwrap_err().contains("config.toml:1: "));
        assert_eq!(fs::read_to_string(&path).unwrap(), "push = \n");
    }
}
