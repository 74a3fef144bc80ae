//! A value, and where it is from.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// Settings of one place, by the long names of their options.
pub type Layer = BTreeMap<String, Setting>;

/// A value, and where it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The value.
    pub value: Value,
    /// Where it is from.
    pub origin: Origin,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Of an option without a value: on or off.
    Switch(bool),
    /// As it would be typed.
    One(String),
    /// Of an option that can be typed several times.
    Many(Vec<String>),
}

impl Value {
    /// Whether it does anything: a switch that is off does not.
    #[must_use]
    pub fn is_on(&self) -> bool {
        *self != Self::Switch(false)
    }

    /// The words that say the same on the command line.
    #[must_use]
    pub fn words(&self, long: &str) -> Vec<OsString> {
        let word = |value: &String| format!("--{long}={value}").into();
        match self {
            Self::Switch(false) => Vec::new(),
            Self::Switch(true) => vec![format!("--{long}").into()],
            Self::One(value) => vec![word(value)],
            Self::Many(values) => values.iter().map(word).collect(),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch(on) => on.fmt(f),
            Self::One(value) => f.write_str(value),
            Self::Many(values) => f.write_str(&values.join(" ")),
        }
    }
}

/// Where a value is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It was typed.
    CommandLine,
    /// A variable of the environment.
    Variable(String),
    /// A variable in `.env`, or in the file that counts instead.
    EnvFile {
        /// The file, as named.
        path: PathBuf,
        /// The variable.
        name: String,
    },
    /// A settings file.
    File {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => f.write_str("command line"),
            Self::Variable(name) => write!(f, "${name}"),
            Self::EnvFile { path, name } => write!(f, "${name} in {}", path.display()),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
        }
    }
}
