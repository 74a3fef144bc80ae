//! `DO` and `IMPORT`.

use super::base;
use super::fault::{Eval, Fault};
use super::files::Destination;
use super::home::{Home, Imported, Imports};
use super::instance::{Key, Overrides};
use super::recipe::Frame;
use super::scope::Scope;
use crate::analysis::program::{Call, Import, Late, Step};
use crate::analysis::reference::TargetRef;
use crate::analysis::{missing_target, parse_import};
use crate::diagnostic::Diagnostic;
use indexmap::IndexMap;
use std::path::Path;
use std::sync::Arc;

/// Functions that call each other to a depth of more than this never end. The stack bounds it: a call is walked inside its caller.
pub const MAX_CALLS: usize = 64;
/// As many callers are shown with a fault.
const SHOWN_CALLERS: usize = 8;

impl Frame<'_> {
    /// Walks a function's commands in place of the call. What they do to the image stays; their variables do not.
    pub(super) async fn call_function(&mut self, step: &Step, call: &Call) -> Eval<()> {
        let function = match &call.target {
            Late::Known(function) => function.clone(),
            Late::Expand(template) => {
                let text = self.expand(template).await?;
                TargetRef::parse_function(&text).map_err(|error| {
                    Diagnostic::error("invalid-reference", template.span, error.to_string()).help(error.help())
                })?
            }
        };
        let Destination { dir, trusted } =
            self.destination(&function, call.passing.allow_privileged, call.span).await?;
        let unit = self.evaluator.unit(&dir);
        if let Some(fault) = missing_target(&unit, &function, call.span) {
            return Err(fault.into());
        }
        let body = &unit.functions[&function.target];
        self.evaluator.call(self.home.calls, &function.target, call.span)?;
        let overrides = self.passed(call, &call.passing.args, false).await?;
        let (globals, imports) = self.surroundings(&dir, trusted, &overrides, step).await?;
        let inner = Home { dir, overrides, imports, trusted, calls: self.home.calls + 1, trace: self.through(step) };
        let home = std::mem::replace(&mut self.home, inner);
        let scope = std::mem::replace(&mut self.scope, Scope::new(globals));
        let walked = self.steps(&body.recipe).await;
        (self.home, self.scope) = (home, scope);
        walked.map_err(|fault| called(fault, step))
    }

    /// Globals and imports of the file that a function stands in: those at the end of its base recipe, to which the function's arguments
    /// are passed, and since 0.8 those of the target as well.
    async fn surroundings(
        &mut self,
        dir: &Path,
        trusted: bool,
        overrides: &Overrides,
        step: &Step,
    ) -> Eval<(IndexMap<String, String>, Imports)> {
        if self.key.target == base::NAME && self.key.dir == dir && self.home.dir == dir {
            // The base recipe calls a function of its own file: what it has so far is all there is.
            return Ok((self.scope.globals.clone(), self.home.imports.clone()));
        }
        let mut all =
            if self.unit.features.arg_scope_and_set() { self.key.overrides.clone() } else { Overrides::new() };
        all.extend(overrides.clone());
        let key = Key {
            dir: dir.to_owned(),
            target: base::NAME.to_owned(),
            overrides: all,
            platform: self.state.platform.clone(),
            trusted,
            pushes: false,
        };
        let (key, trace) = (Arc::new(key), &self.home.trace);
        let base = self.evaluator.instance(self.key, &key, self.depth, step.span, trace, self.moment).await?;
        self.moment = self.moment.and(base.moment);
        // As for the base recipe of a target: what it builds is built.
        self.instance.uses.extend(base.uses.iter().chain(base.builds.iter().map(|(key, _)| key)).cloned());
        base.asked.iter().for_each(|asked| self.note_asked(*asked));
        Ok((base.globals.clone(), base.imports.clone()))
    }

    pub(super) async fn import(&mut self, import: &Import) -> Eval<()> {
        let place = match &import.place {
            Late::Known(place) => place.clone(),
            Late::Expand(template) => {
                let text = self.expand(template).await?;
                parse_import(&text)
                    .map_err(|(message, help)| Diagnostic::error("import-place", template.span, message).help(help))?
            }
        };
        let imported = Imported { place, allow_privileged: import.allow_privileged };
        self.home.imports.insert(import.alias.text.clone(), imported);
        Ok(())
    }
}

/// A fault in a function, with the call that led there.
fn called(fault: Fault, step: &Step) -> Fault {
    match fault {
        Fault::Buildfile(diagnostic) if diagnostic.labels.len() < SHOWN_CALLERS => {
            diagnostic.label(step.span, "called here").into()
        }
        fault => fault,
    }
}
