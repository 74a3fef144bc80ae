//! Whose commands are walked: a target's own, or those of a function that it calls.

use super::instance::{Key, Overrides};
use crate::analysis::reference::Place;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The file that commands stand in, and what their caller passes.
#[derive(Debug, Clone)]
pub struct Home {
    /// The directory of the file: references are relative to it.
    pub dir: PathBuf,
    /// What the caller passes.
    pub overrides: Overrides,
    /// What the names of imports mean.
    pub imports: BTreeMap<String, Place>,
    /// Whether they may ask for rights beyond those of a container.
    pub trusted: bool,
    /// How many functions are being called, one inside the other; 0 in a target.
    pub calls: usize,
}

impl Home {
    /// That of a target.
    #[must_use]
    pub fn of(key: &Key, imports: BTreeMap<String, Place>) -> Self {
        Self { dir: key.dir.clone(), overrides: key.overrides.clone(), imports, trusted: key.trusted, calls: 0 }
    }
}
