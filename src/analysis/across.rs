//! References from one file to others.

use super::program::Unit;
use super::reference::{Place, TargetRef};
use super::targets::{known, missing};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Every target that a file names, with its place, in order: those whose name is known before anything runs. A loader finds
/// the directories of other files here.
#[must_use]
pub fn references(unit: &Unit) -> Vec<(TargetRef, Span)> {
    known(unit).map(|(target, span)| (target.clone(), span)).collect()
}

/// Checks that the targets of other files exist. `lookup` gives the file that a place means, as seen from this one; places
/// without one are left alone, for whoever could not load them has said so.
#[must_use]
pub fn check_across<'u>(unit: &Unit, lookup: &dyn Fn(&Place) -> Option<&'u Unit>) -> Vec<Diagnostic> {
    known(unit)
        .filter(|(target, _)| target.place != Place::Here)
        .filter_map(|(target, span)| missing(lookup(&target.place)?, target, span))
        .collect()
}
