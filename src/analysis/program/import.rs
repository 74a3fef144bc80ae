//! `IMPORT`.

use super::Late;
use crate::analysis::reference::Place;
use crate::syntax::ast::Name;

/// `IMPORT place [AS alias]`
#[derive(Debug, Clone)]
pub struct Import {
    /// Which Buildfile.
    pub place: Late<Place>,
    /// The name that references use.
    pub alias: Name,
    /// `--allow-privileged`
    pub allow_privileged: bool,
}
