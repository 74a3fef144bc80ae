//! `BUILD` and `COPY` of targets in several directories.

use super::fault::Eval;
use super::recipe::Frame;
use crate::analysis::features::Feature;
use crate::analysis::program::{Call, Late};
use crate::analysis::reference::{Place, TargetRef};
use crate::analysis::wildcard_fault;
use crate::diagnostic::Diagnostic;
use crate::run::facts::Sight;
use crate::run::wildcard::directories;

impl Frame<'_> {
    /// The calls that one stands for: of itself, or, where its place is a pattern, of the target of every Buildfile that has it, sorted by their
    /// directories. `feature` is what the file needs for a pattern.
    pub(super) async fn calls(&self, call: &Call, feature: Feature) -> Eval<Vec<Call>> {
        let target = match &call.target {
            Late::Known(target) => target.clone(),
            Late::Expand(template) => self.parse_target(&self.expand(template).await?, template.span)?,
        };
        let (pattern, name) = match &target {
            TargetRef { place: place @ Place::Directory(pattern), target: name } if place.has_wildcard() => {
                (pattern, name)
            }
            _ => return Ok(vec![of(call, target)]),
        };
        if let Some(fault) = wildcard_fault(&self.unit.features, Some(feature), &target, call.span) {
            return Err(fault.into());
        }
        let home = self.evaluator.settings.home.as_deref();
        let found = directories(&self.home.dir, home, pattern).map_err(|error| {
            let message = format!("`{target}` is no pattern: {error}");
            Diagnostic::error("wildcard", call.span, message).help("close the bracket")
        })?;
        self.evaluator.facts.saw(Sight::Pattern { from: &self.home.dir, pattern, found: &found });
        let mut calls = Vec::new();
        for written in found {
            let one = TargetRef { place: Place::Directory(written), target: name.clone() };
            let there = self.destination(&one, call.passing.allow_privileged, call.span).await?;
            if self.evaluator.unit(&there.dir).targets.contains_key(name) {
                calls.push(of(call, one));
            }
        }
        if calls.is_empty() {
            let message = format!("`{target}` matches no directory with a Buildfile that has the target `{name}`");
            return Err(Diagnostic::error("wildcard", call.span, message)
                .help("the path is relative to the directory of this Buildfile; `*` stands for a part of one directory's name")
                .into());
        }
        Ok(calls)
    }
}

fn of(call: &Call, target: TargetRef) -> Call {
    Call { target: Late::Known(target), ..call.clone() }
}
