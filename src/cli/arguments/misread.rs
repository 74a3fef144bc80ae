//! Why a command line cannot be read.

use crate::cli::foreign;
use crate::cli::settings::Misuse;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Why a command line cannot be read; or help, or the version, which are no faults.
#[derive(Debug)]
pub enum Misread {
    /// What clap has to say.
    Clap(Box<clap::Error>),
    /// A setting is wrong.
    Setting(Misuse),
}

impl From<clap::Error> for Misread {
    /// Options and commands that Earthfiles' users know and rbuild has not get a better answer than that they are unknown.
    fn from(error: clap::Error) -> Self {
        let word = |kind| match error.get(kind) {
            Some(ContextValue::String(word)) => Some(word.as_str()),
            _ => None,
        };
        let told = match error.kind() {
            ErrorKind::UnknownArgument => word(ContextKind::InvalidArg).and_then(foreign::option),
            ErrorKind::InvalidSubcommand => word(ContextKind::InvalidSubcommand).and_then(foreign::command),
            _ => None,
        };
        match told {
            Some(misuse) => Self::Setting(misuse),
            None => Self::Clap(Box::new(error)),
        }
    }
}

impl From<Misuse> for Misread {
    fn from(misuse: Misuse) -> Self {
        Self::Setting(misuse)
    }
}
