//! Wildcards in the place of a reference.

use super::features::{Feature, Features};
use super::reference::{Place, TargetRef};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// What is wrong with a reference whose place is a pattern. `feature` is what the command needs for it; `None`: it takes none.
#[must_use]
pub fn wildcard_fault(
    features: &Features,
    feature: Option<Feature>,
    target: &TargetRef,
    span: Span,
) -> Option<Diagnostic> {
    let fault = |message: String, help: &str| Some(Diagnostic::error("wildcard", span, message).help(help));
    let Some(feature) = feature else {
        let help = "name one directory; `BUILD` and `COPY` take wildcards";
        return fault(format!("`{target}` stands for several targets, and this command takes one"), help);
    };
    if matches!(&target.place, Place::Remote(_)) {
        let help = "name each directory of the other repository";
        return fault(format!("`{target}`: wildcards are for directories of this repository"), help);
    }
    if target.to_string().contains("**") {
        let help = "write one `*` for each level of directories";
        return fault(format!("`{target}`: `**` is not supported in references"), help);
    }
    features.gate(feature, &target.to_string(), span)
}
