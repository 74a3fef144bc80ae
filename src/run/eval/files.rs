//! The files of a build as far as they are read: evaluation reads those whose names it finds out.

use super::evaluator::{Evaluator, hold};
use super::fault::{Eval, Fault};
use super::recipe::Frame;
use crate::analysis::program::Unit;
use crate::analysis::reference::{Place, TargetRef};
use crate::analysis::{unknown_import, wildcard_fault};
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
        self.repositories.of(dir)
    }

    /// A place for people.
    pub(super) fn location(&self, span: Span) -> Location {
        hold(&self.program).sources.location(span)
    }

    /// The directory that the file in `from` means by `place`. Its Buildfile is read now, unless it was read before. That may mean to fetch a
    /// repository, so it is done apart, and on a copy: others go on with what is known meanwhile.
    async fn open(&self, from: &Path, place: &Place, target: &TargetRef, span: Span) -> Eval<PathBuf> {
        let (Place::Directory(written) | Place::Remote(written)) = place else { return Ok(from.to_owned()) };
        let known = || hold(&self.program).resolve(from, written).cloned();
        if let Some(dir) = known() {
            return Ok(dir);
        }
        let _opening = self.opening.lock().await;
        if let Some(dir) = known() {
            return Ok(dir);
        }
        let mut program = hold(&self.program).clone();
        let (current, home) = (self.settings.current.clone(), self.settings.home.clone());
        let (from, reference) = (from.to_owned(), (place.clone(), target.clone()));
        let reading = tokio::task::spawn_blocking(move || {
            let opened = open(&mut program, &from, (&reference.0, &reference.1, span), &current, home.as_deref());
            (program, opened)
        });
        let (program, opened) = reading.await.expect("reading does not panic");
        *hold(&self.program) = program;
        let (dir, found) = opened.map_err(|error| Diagnostic::error("read", span, error.to_string()))?;
        let (errors, warnings): (Vec<_>, Vec<_>) = found.into_iter().partition(Diagnostic::is_error);
        warnings.into_iter().for_each(|warning| self.warn(warning));
        match dir {
            Some(dir) if errors.is_empty() => Ok(dir),
            None if errors.is_empty() => Err(not_yet(&target.to_string(), span)),
            _ => {
                hold(&self.faults).extend(errors.into_iter().map(Fault::from));
                Err(Fault::Elsewhere)
            }
        }
    }
}

/// A file that a reference leads to.
pub(super) struct Destination {
    /// Its directory.
    pub(super) dir: PathBuf,
    /// Whether what stands in it may use privileges.
    pub(super) trusted: bool,
}

impl Frame<'_> {
    /// The file that a reference means. `allowed`: the command says `--allow-privileged`.
    pub(super) async fn destination(&self, target: &TargetRef, allowed: bool, span: Span) -> Eval<Destination> {
        let (place, imported) = match &target.place {
            Place::Alias(alias) => {
                let import = self.home.imports.get(alias).ok_or_else(|| {
                    let names = self.home.imports.keys().map(String::as_str);
                    unknown_import(alias, names, span)
                })?;
                (&import.place, import.allow_privileged)
            }
            place => (place, false),
        };
        let dir = match place {
            Place::Here => self.home.dir.clone(),
            place if place.has_wildcard() => {
                let fault = wildcard_fault(&self.unit.features, None, target, span);
                return Err(fault.map_or(Fault::Elsewhere, Fault::from));
            }
            place => self.evaluator.open(&self.home.dir, place, target, span).await?,
        };
        let foreign = self.evaluator.repositories.is_foreign(&dir, &self.home.dir);
        let trusted = self.home.trusted && (!foreign || allowed || imported);
        Ok(Destination { dir, trusted })
    }
}

fn not_yet(target: &str, span: Span) -> Fault {
    let message = format!("this version of rbuild does not support `{target}` yet");
    Diagnostic::error("not-supported-yet", span, message).into()
}
