//! All files of a build, understood.

use super::repositories::Repositories;
use crate::analysis::features::Feature;
use crate::analysis::program::Unit;
use crate::analysis::reference::Place;
use crate::source::Sources;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Units by the directory that their Buildfile lies in.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The texts that spans point into.
    pub sources: Sources,
    /// Units by directory: absolute, links resolved.
    pub units: BTreeMap<PathBuf, Arc<Unit>>,
    /// Where references lead: from a unit's directory and a path as written to another unit's directory.
    pub links: BTreeMap<(PathBuf, String), PathBuf>,
    /// The directory of the Buildfile that references without a path mean.
    pub root: PathBuf,
    /// Features that are on in every file.
    pub overrides: Vec<Feature>,
    /// Which of the directories lie in repositories of others.
    pub repositories: Arc<Repositories>,
}

impl Program {
    /// The directory that a reference in the file of `dir` means by `written`.
    #[must_use]
    pub fn resolve(&self, dir: &Path, written: &str) -> Option<&PathBuf> {
        self.links.get(&(dir.to_owned(), written.to_owned()))
    }

    /// The file that a place means in the file of `dir`; `None` for that file itself, and where nothing was read.
    #[must_use]
    pub fn meant(&self, dir: &Path, place: &Place) -> Option<&Arc<Unit>> {
        let (Place::Directory(written) | Place::Remote(written)) = place else { return None };
        self.units.get(self.resolve(dir, written)?)
    }

    /// How a target is shown: `+t` in the root file, `./dir+t` elsewhere, `host/org/repo:tag+t` in repositories of others.
    #[must_use]
    pub fn display(&self, dir: &Path, target: &str) -> String {
        if let Some(remote) = self.repositories.of(dir) {
            return format!("{remote}+{target}");
        }
        if dir == self.root {
            return format!("+{target}");
        }
        format!("{}+{target}", relative(&self.root, dir))
    }
}

/// `dir` as a reference from `root`: `./a`, `../b`, or absolute where they share nothing.
#[must_use]
pub fn relative(root: &Path, dir: &Path) -> String {
    let (mut ups, mut base) = (0, root);
    loop {
        if let Ok(rest) = dir.strip_prefix(base) {
            let rest = rest.to_string_lossy();
            return match (ups, rest.is_empty()) {
                (0, true) => ".".to_owned(),
                (0, false) => format!("./{rest}"),
                (_, true) => "../".repeat(ups).trim_end_matches('/').to_owned(),
                (_, false) => format!("{}{rest}", "../".repeat(ups)),
            };
        }
        match base.parent() {
            Some(parent) if parent.parent().is_some() => (ups, base) = (ups + 1, parent),
            _ => return dir.to_string_lossy().into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_shown_from_the_root_file() {
        let show = |root: &str, dir: &str| relative(Path::new(root), Path::new(dir));
        assert_eq!(show("/p/x", "/p/x/a/b"), "./a/b");
        assert_eq!(show("/p/x", "/p/x"), ".");
        assert_eq!(show("/p/x", "/p/y"), "../y");
        assert_eq!(show("/p/x", "/p"), "..");
        assert_eq!(show("/p/x", "/q"), "/q");
    }
}
