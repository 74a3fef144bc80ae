//! Whether files are still the same, on this machine.

use super::record::{Input, Output, Record, Source};
use crate::digest::Digest;
use crate::engine::OpenContext;
use crate::graph::LocalSource;
use crate::run::load::directory;
use crate::run::program::{Program, relative};
use crate::run::wildcard::directories;
use crate::workspace::{Address, Asker, Git, find_in, glance, path_digest, tree_digest};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// This machine at the beginning of an invocation.
#[derive(Clone)]
pub struct Here {
    /// The files that are named without variables, read anew: where their references lead was found out just now.
    pub program: Arc<Program>,
    /// The user's directory.
    pub current: PathBuf,
    /// What `~/` stands for.
    pub home: Option<PathBuf>,
    /// Opens build contexts.
    pub open: OpenContext,
}

impl Here {
    /// Whether everything on this machine is as a record says. Blocks. What costs least is looked at first.
    ///
    /// # Errors
    /// With what differs first.
    pub fn is_the_same(&self, record: &Record) -> Result<(), String> {
        let files = record.outputs.iter().filter_map(|output| match output {
            Output::Files { path, digest } => Some((path, digest)),
            Output::Image { .. } | Output::Pushed { .. } => None,
        });
        let (contexts, others): (Vec<&Input>, Vec<&Input>) =
            record.inputs.iter().partition(|input| matches!(input, Input::Context { .. }));
        others.into_iter().try_for_each(|input| self.input(input))?;
        contexts.into_iter().try_for_each(|input| self.input(input))?;
        for (path, digest) in files {
            match path_digest(path) {
                Ok(Some(now)) if now.to_string() == *digest => {}
                Ok(Some(_)) => return Err(format!("`{}` is not as it was written", self.shown(path))),
                Ok(None) => return Err(format!("`{}` is gone", self.shown(path))),
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(())
    }

    fn input(&self, input: &Input) -> Result<(), String> {
        let is_the_same = match input {
            Input::Buildfile { dir, digest } => self.buildfile(dir).is_some_and(|text| digest_of(text) == *digest),
            Input::Reference { from, written, to } => self.reference(from, written).is_some_and(|now| now == *to),
            Input::Pattern { from, pattern, found } => {
                directories(from, self.home.as_deref(), pattern).is_ok_and(|now| now == *found)
            }
            Input::File { path, digest } => fs::read(path).is_ok_and(|text| digest_of(text) == *digest),
            Input::Git { dir, digest } => git_digest(&git(dir)) == *digest,
            Input::Clone { address, branch, host, commit } => {
                self.commit(address, branch.as_deref(), host.as_deref()).is_some_and(|now| now == *commit)
            }
            Input::Context { source, digest, glance } => return self.context(source, digest, glance.as_deref()),
            Input::Image { .. } => true,
        };
        if is_the_same { Ok(()) } else { Err(self.difference(input)) }
    }

    /// What to say of an input that is not the same.
    fn difference(&self, input: &Input) -> String {
        match input {
            Input::Buildfile { dir, .. } => format!("the Buildfile in `{}` has changed", self.shown(dir)),
            Input::Reference { written, .. } => format!("`{written}` leads elsewhere"),
            Input::Pattern { pattern, .. } => format!("`{pattern}` means other directories"),
            Input::File { path, .. } => format!("`{}` has changed", self.shown(path)),
            Input::Git { dir, .. } => format!("what git says of `{}` has changed", self.shown(dir)),
            Input::Clone { address, branch: Some(branch), .. } => format!("`{address} {branch}` is another commit now"),
            Input::Clone { address, branch: None, .. } => format!("`{address}` has another commit now"),
            Input::Context { source, .. } => {
                format!("files in `{}` have changed", self.shown(&LocalSource::from(source).root))
            }
            Input::Image { reference, .. } => format!("the image `{reference}` is another one now"),
        }
    }

    /// The text of the Buildfile in a directory.
    fn buildfile(&self, dir: &Path) -> Option<String> {
        if let Some(unit) = self.program.units.get(dir) {
            return Some(self.program.sources.file(unit.file).text.to_string());
        }
        let bytes = fs::read(find_in(dir)?.path()).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Where a reference leads. What only a build finds out is followed where it leads to a directory of this machine.
    fn reference(&self, from: &Path, written: &str) -> Option<PathBuf> {
        if let Some(known) = self.program.resolve(from, written) {
            return Some(known.clone());
        }
        let is_own = self.program.repositories.of(from).is_none();
        directory(from, self.home.as_deref(), written).canonicalize().ok().filter(|_| is_own)
    }

    fn commit(&self, address: &str, branch: Option<&str>, host: Option<&str>) -> Option<String> {
        let asker = host.map_or(Asker::User, |host| Asker::Host(host.to_owned()));
        let address = Address::parse(address).ok()?;
        Some(self.program.repositories.clone_of(&address, branch, &asker).ok()??.commit)
    }

    fn context(&self, source: &Source, digest: &str, known: Option<&str>) -> Result<(), String> {
        let local = LocalSource::from(source);
        let read = || -> std::io::Result<bool> {
            let tree = (self.open)(&local)?;
            if let Some(known) = known
                && let Ok(now) = glance(&local.root, &tree.entries()?, SystemTime::now())
                && now.digest.to_string() == known
            {
                return Ok(true);
            }
            Ok(tree_digest(&*tree)?.to_string() == digest)
        };
        let input = || Input::Context { source: source.clone(), digest: digest.to_owned(), glance: None };
        match read() {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.difference(&input())),
            Err(error) => Err(error.to_string()),
        }
    }

    /// A path as the user would type it.
    pub(super) fn shown(&self, path: &Path) -> String {
        let shown = relative(&self.current, path);
        shown.strip_prefix("./").unwrap_or(&shown).to_owned()
    }
}

/// The digest of some text.
pub(super) fn digest_of(text: impl AsRef<[u8]>) -> String {
    Digest::of(text).to_string()
}

/// The digest of what git says.
pub(super) fn git_digest(git: &Git) -> String {
    digest_of(format!("{git:?}"))
}

/// What git says of a directory, as evaluation asks it.
fn git(dir: &Path) -> Git {
    Git::top(dir).map(|top| Git::of(&top).below(&top, dir)).unwrap_or_default()
}
