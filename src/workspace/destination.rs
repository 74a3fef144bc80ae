//! Where `SAVE ARTIFACT … AS LOCAL` puts an artifact.

use super::inside;
use super::paths::lexical;
use super::place::PlaceError;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What lies in the staging directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Artifact {
    /// One file, link or directory, under its own name.
    One,
    /// All that a pattern matched, each under its own name.
    Wildcard,
    /// The content of a directory that has no name: `SAVE ARTIFACT . AS LOCAL out`.
    Whole,
}

/// The words after `AS LOCAL`, and what they depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The directory of the Buildfile, absolute.
    pub base: PathBuf,
    /// What was written. If it ends with `/`, or is `.`, artifacts go into that directory; else it is the exact name.
    pub text: String,
    /// Whether it may lead out of `base`: `--force`.
    pub force: bool,
    /// What is placed.
    pub artifact: Artifact,
}

/// One thing to place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Its name in the staging directory; `None` stands for the whole of it.
    pub(super) name: Option<OsString>,
    pub(super) to: PathBuf,
    /// Whether a directory that is there already keeps what is not replaced.
    pub(super) merge: bool,
}

impl Destination {
    /// Whether it names a directory to put things into.
    fn is_directory(&self) -> bool {
        self.text.is_empty() || self.text.ends_with('/') || matches!(self.text.rsplit('/').next(), Some("." | ".."))
    }

    /// The existing directory that is nearest to what will be placed: artifacts should be staged there.
    ///
    /// # Errors
    /// If the destination leads out of `base`, or a file is in the way.
    pub fn near(&self) -> Result<PathBuf, PlaceError> {
        let placed = if self.is_directory() { self.path(Some("artifact".as_ref()))? } else { self.path(None)? };
        let near = placed.ancestors().skip(1).find(|dir| dir.is_dir());
        Ok(near.unwrap_or(&self.base).to_owned())
    }

    /// Settles what goes where.
    pub(super) fn targets(&self, names: Vec<OsString>) -> Result<Vec<Target>, PlaceError> {
        let into = self.is_directory();
        if self.artifact == Artifact::Whole {
            let to = if into {
                // Everything is put into the directory, so that must be inside, and not just its name.
                self.path(Some("artifact".as_ref()))?.parent().map_or_else(|| self.base.clone(), Path::to_owned)
            } else {
                self.path(None)?
            };
            return Ok(vec![Target { name: None, to, merge: into }]);
        }
        match names.len() {
            0 => return Err(PlaceError::Nothing),
            1 => {}
            found if self.artifact == Artifact::One => return Err(PlaceError::Several { found }),
            _ => {}
        }
        if !into && self.artifact == Artifact::Wildcard {
            return Err(PlaceError::NeedsDirectory { text: self.text.clone() });
        }
        let target = |name: OsString| {
            let to = self.path(into.then_some(name.as_os_str()))?;
            Ok(Target { name: Some(name), to, merge: false })
        };
        names.into_iter().map(target).collect()
    }

    /// The path as written, or something in that directory.
    fn path(&self, name: Option<&std::ffi::OsStr>) -> Result<PathBuf, PlaceError> {
        let mut path = PathBuf::from(&self.text);
        if let Some(name) = name {
            path.push(name);
        }
        let to = lexical(&self.base.join(&path));
        let nearest = to.ancestors().skip(1).find_map(|above| Some((above, above.metadata().ok()?)));
        if let Some((file, _)) = nearest.filter(|(_, data)| !data.is_dir()) {
            return Err(PlaceError::FileAbove { path: file.to_owned() });
        }
        if self.force { Ok(to) } else { Ok(inside(&self.base, &path)?) }
    }
}
