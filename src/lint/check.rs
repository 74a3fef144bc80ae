//! All lints on one file.

use super::allow::Allowances;
use super::lints;
use super::subject::Subject;
use crate::analysis::program::Unit;
use crate::analysis::reference::Place;
use crate::diagnostic::Diagnostic;
use crate::syntax::{ParseOptions, parse};
use std::sync::Arc;

/// What the lints say about a file that has no errors, but for what comments in it allow; in the order of the file. `text` is what the
/// unit was made of; `lookup` gives the file that a place means, as seen from this one, where that is known.
#[must_use]
pub fn check(
    unit: &Unit,
    text: &str,
    options: ParseOptions,
    lookup: &dyn Fn(&Place) -> Option<Arc<Unit>>,
) -> Vec<Diagnostic> {
    let tree = parse(unit.file, text, options).file;
    let subject = Subject::new(unit, &tree, text, lookup);
    let mut found = Vec::new();
    for lint in lints::ALL {
        lint(&subject, &mut found);
    }
    let mut found = Allowances::read(&subject).filter(found);
    found.sort_by_key(|diagnostic| diagnostic.span().map(|span| (span.start, span.end)));
    found
}
