//! What an invocation is to do.

use crate::analysis::features::Feature;
use crate::digest::Digest;
use crate::run::Choices;
use crate::run::eval::{Goal, Settings};

/// Everything that options, variables and settings files say and that decides what comes out.
///
/// Values of secrets are not in it, as they are in no key of the cache.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The engine: what tells it from all others, and its version.
    pub engine: &'a str,
    /// The targets with their arguments.
    pub goals: &'a [Goal],
    /// What holds for the evaluation.
    pub settings: &'a Settings,
    /// What is written, and whether it is pushed.
    pub choices: Choices,
    /// Features that are on in all files.
    pub overrides: &'a [Feature],
    /// The image that gives daemons to `WITH DOCKER`.
    pub dockerd_image: &'a str,
}

impl Asked<'_> {
    /// The digest of all of it, and of this version of rbuild. A new field of anything in it counts by itself.
    #[must_use]
    pub fn key(&self) -> Digest {
        // Whether somebody watches makes no difference to what may be left out.
        let asked = Asked { settings: &Settings { terminal: false, ..self.settings.clone() }, ..*self };
        Digest::of(format!("{} {asked:?}", env!("CARGO_PKG_VERSION")))
    }
}
