//! The files `.env`, `.arg` and `.secret` in the user's directory.

use super::dotenv::{self, DotenvError};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// One of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dotfile {
    /// Values of options.
    Env,
    /// Build arguments.
    Arg,
    /// Secrets.
    Secret,
}

/// What a file holds, and what of it cannot be read.
type Readable = (BTreeMap<String, String>, Vec<DotenvError>);

impl Dotfile {
    /// Its name, where the user gives no other.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Env => ".env",
            Self::Arg => ".arg",
            Self::Secret => ".secret",
        }
    }

    const fn option(self) -> &'static str {
        match self {
            Self::Env => "--env-file-path",
            Self::Arg => "--arg-file-path",
            Self::Secret => "--secret-file-path",
        }
    }

    /// Reads the file that the user names, or the one in this directory, which need not be there. Of a name that comes twice, the last
    /// value counts; for a secret, that is an error.
    ///
    /// # Errors
    /// A message and a hint.
    pub fn read(self, path: Option<&PathBuf>) -> Result<BTreeMap<String, String>, (String, String)> {
        let (shown, text) = self.text(path)?;
        let help =
            || "a line is `NAME=value`; a value with a `#`, or over several lines, stands between quotes".to_owned();
        let pairs = dotenv::parse(&text).map_err(|error| (format!("{shown}: {error}"), help()))?;
        let mut values = BTreeMap::new();
        for (name, value) in pairs {
            if values.insert(name.clone(), value).is_some() && self == Self::Secret {
                return Err((format!("{shown}: the secret `{name}` is given twice"), "give it once".to_owned()));
            }
        }
        Ok(values)
    }

    /// Reads the one in this directory, which may be there for other programs: what cannot be read is left out.
    ///
    /// # Errors
    /// A message and a hint, when the file cannot be read.
    pub fn read_what_can_be(self) -> Result<Readable, (String, String)> {
        let (_, text) = self.text(None)?;
        let (pairs, left_out) = dotenv::parse_what_can_be(&text);
        Ok((pairs.into_iter().collect(), left_out))
    }

    /// The file's name for people, and its text.
    fn text(self, path: Option<&PathBuf>) -> Result<(String, String), (String, String)> {
        let file = path.map_or_else(|| Path::new(self.name()), PathBuf::as_path);
        let shown = file.display().to_string();
        match std::fs::read_to_string(file) {
            Ok(text) => Ok((shown, text)),
            Err(error) if path.is_none() && error.kind() == ErrorKind::NotFound => Ok((shown, String::new())),
            Err(error) => {
                let help = format!("`{} PATH` names another file", self.option());
                Err((format!("cannot read {shown}: {error}"), help))
            }
        }
    }
}

/// Whether `.arg` or `.secret` is there: then names in `.env` were not meant for them.
#[must_use]
pub fn are_told_apart() -> bool {
    [Dotfile::Arg, Dotfile::Secret].iter().any(|file| Path::new(file.name()).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_named_must_be_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("args");
        let (message, help) = Dotfile::Arg.read(Some(&path)).unwrap_err();
        assert!(message.contains("No such file") && help.contains("--arg-file-path"), "{message} {help}");
        std::fs::write(&path, "a=1\na=2\n").unwrap();
        assert_eq!(Dotfile::Arg.read(Some(&path)).unwrap()["a"], "2");
        let (message, _) = Dotfile::Secret.read(Some(&path)).unwrap_err();
        assert!(message.ends_with("the secret `a` is given twice"), "{message}");
    }
}
