//! Why a command line cannot be read.

use crate::cli::foreign;
use crate::cli::settings::Misuse;
use clap::error::{ContextKind, ContextValue};

/// Why a command line cannot be read; or help, or the version, which are no faults.
#[derive(Debug)]
pub enum Misread {
    /// What clap has to say.
    Clap(Box<clap::Error>),
    /// A setting is wrong.
    Setting(Misuse),
}

impl From<clap::Error> for Misread {
    /// Options that Earthfiles' users know and rbuild has not get a better answer than that they are unknown.
    fn from(error: clap::Error) -> Self {
        let word = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(word)) if error.kind() == clap::error::ErrorKind::UnknownArgument => word,
            _ => return Self::Clap(Box::new(error)),
        };
        match foreign::option(word) {
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
