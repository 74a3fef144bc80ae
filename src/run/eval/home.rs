//! Whose commands are walked: a target's own, or those of a function that it calls.

use super::instance::{Key, Overrides};
use crate::analysis::reference::Place;
use crate::trace::Trace;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the names of imports mean.
pub type Imports = BTreeMap<String, Imported>;

/// What one name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Which file.
    pub place: Place,
    /// Whether all references by this name say `--allow-privileged`.
    pub allow_privileged: bool,
}

/// The file that commands stand in, and what their caller passes.
#[derive(Debug, Clone)]
pub struct Home {
    /// The directory of the file: references are relative to it.
    pub dir: PathBuf,
    /// What the caller passes.
    pub overrides: Overrides,
    /// What the names of imports mean.
    pub imports: Imports,
    /// Whether its commands may use privileges, if the user allows them at all.
    pub trusted: bool,
    /// How many functions are being called, one inside the other; 0 in a target.
    pub calls: usize,
    /// How evaluation came here.
    pub trace: Trace,
}

impl Home {
    /// That of a target.
    #[must_use]
    pub fn of(key: &Key, imports: Imports, trace: Trace) -> Self {
        Self { dir: key.dir.clone(), overrides: key.overrides.clone(), imports, trusted: key.trusted, calls: 0, trace }
    }
}
