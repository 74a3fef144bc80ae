//! The files of a build as far as they are read: evaluation reads those whose names it finds out.

use super::evaluator::{Evaluator, hold};
use super::fault::{Eval, Fault};
use super::recipe::Frame;
use crate::analysis::program::{Call, Unit};
use crate::analysis::reference::{Place, TargetRef};
use crate::analysis::unknown_import;
use crate::diagnostic::Diagnostic;
use crate::run::load::open;
use crate::source::{Location, Span};
use crate::workspace::Remote;
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Evaluator {
    /// The file in a directory that a reference was resolved to.
    pub(super) fn unit(&self, dir: &Path) -> Arc<Unit> {
        hold(&self.program).units.get(dir).expect("references are resolved to loaded files").clone()
    }

    /// How a target is shown.
    pub(super) fn display(&self, dir: &Path, target: &str) -> String {
        hold(&self.program).display(dir, target)
    }

    /// The repository of others that a directory lies in.
    pub(super) fn repository(&self, dir: &Path) -> Option<Remote> {
        hold(&self.program).repositories.of(dir)
    }

    /// A place for people.
    pub(super) fn location(&self, span: Span) -> Location {
        hold(&self.program).sources.location(span)
    }

    /// The directory that the file in `from` means by `place`. Its Buildfile is read now, unless it was read before.
    fn open(&self, from: &Path, place: &Place, target: &TargetRef, span: Span) -> Eval<PathBuf> {
        let (Place::Directory(written) | Place::Remote(written)) = place else { return Ok(from.to_owned()) };
        let settings = &self.settings;
        let opened = {
            let mut program = hold(&self.program);
            if let Some(dir) = program.resolve(from, written) {
                return Ok(dir.clone());
            }
            open(&mut program, from, (place, target, span), &settings.current, settings.home.as_deref())
        };
        let (dir, found) = opened.map_err(|error| Diagnostic::error("read", span, error.to_string()))?;
        let (errors, warnings): (Vec<_>, Vec<_>) = found.into_iter().partition(Diagnostic::is_error);
        hold(&self.warnings).extend(warnings);
        match dir {
            Some(dir) if errors.is_empty() => Ok(dir),
            _ => {
                hold(&self.faults).extend(errors.into_iter().map(Fault::from));
                Err(Fault::Elsewhere)
            }
        }
    }
}

impl Frame<'_> {
    /// The directory of the file that a reference means.
    pub(super) fn directory(&self, target: &TargetRef, span: Span) -> Eval<PathBuf> {
        let place = match &target.place {
            Place::Alias(alias) => self.home.imports.get(alias).ok_or_else(|| {
                let names = self.home.imports.keys().map(String::as_str);
                unknown_import(alias, names, span)
            })?,
            place => place,
        };
        match place {
            Place::Directory(written) if written.contains(['*', '?', '[']) => Err(not_yet(&target.to_string(), span)),
            place => self.evaluator.open(&self.home.dir, place, target, span),
        }
    }

    /// Whether a call's commands may have rights beyond those of a container: a file of somebody else's repository gets them only from
    /// a caller that has them and says so.
    pub(super) fn trusted(&self, dir: &Path, call: &Call) -> bool {
        let foreign = hold(&self.evaluator.program).repositories.is_foreign(dir, &self.home.dir);
        self.home.trusted && (!foreign || call.allow_privileged)
    }
}

fn not_yet(target: &str, span: Span) -> Fault {
    let message = format!("this version of rbuild does not support `{target}` yet");
    Diagnostic::error("not-supported-yet", span, message).into()
}
