//! Buildfiles in repositories of others: which tree they lie in, how they are shown, and what they may name.

use crate::path::clean;
use crate::workspace::{
    Address, Asker, Checkout, Clones, Found, IoError, Remote, RemoteError, RemoteNameError, find_in,
};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The trees that a build reads, by their directories.
#[derive(Default)]
pub struct Repositories {
    /// `None`: nothing is fetched, and references to other repositories lead nowhere.
    clones: Option<Arc<Clones>>,
    trees: Mutex<BTreeMap<PathBuf, Remote>>,
}

/// Why a reference leads to no Buildfile.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// The repository's tree cannot be had.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// There is no such directory, or no Buildfile in it.
    #[error("there is no Buildfile in `{0}`")]
    NoBuildfile(String),
    /// The directory or its Buildfile lies outside of the repository.
    #[error("`{0}` leads out of its repository")]
    Outside(String),
    /// A file of a repository names a directory of the machine that it is built on.
    #[error("`{written}` is a directory of this machine, and `{file}` comes from elsewhere")]
    Absolute {
        /// What was written.
        written: String,
        /// The directory of the file that says so.
        file: String,
    },
    /// The disk does not give it.
    #[error(transparent)]
    Io(#[from] IoError),
}

impl From<RemoteNameError> for RepositoryError {
    fn from(error: RemoteNameError) -> Self {
        Self::Remote(error.into())
    }
}

impl RepositoryError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Remote(error) => error.help(),
            Self::NoBuildfile(_) => "check the directory and the tag in front of `+`".to_owned(),
            Self::Outside(_) => "a file of a repository can name directories of that repository only".to_owned(),
            Self::Absolute { .. } => "write a path relative to that file".to_owned(),
            Self::Io(_) => "remove the clone from the cache directory, so that it is made again".to_owned(),
        }
    }
}

impl fmt::Debug for Repositories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repositories").field("trees", &*self.trees()).finish_non_exhaustive()
    }
}

impl Repositories {
    /// Repositories that are fetched with these clones.
    #[must_use]
    pub fn new(clones: Arc<Clones>) -> Self {
        Self { clones: Some(clones), trees: Mutex::default() }
    }

    fn trees(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Remote>> {
        self.trees.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which directory of which repository this is; `None` for directories of the user's own.
    #[must_use]
    pub fn of(&self, dir: &Path) -> Option<Remote> {
        let trees = self.trees();
        let (tree, remote) = tree_of(&trees, dir)?;
        let sub = dir.strip_prefix(tree).ok()?.to_str()?;
        Some(remote.at(sub))
    }

    /// Whether one directory belongs to a repository of others that the other directory does not belong to.
    #[must_use]
    pub fn is_foreign(&self, dir: &Path, to: &Path) -> bool {
        let trees = self.trees();
        let (there, here) = (tree_of(&trees, dir), tree_of(&trees, to));
        there.is_some_and(|(tree, _)| here.is_none_or(|(own, _)| own != tree))
    }

    /// Who asks for what a file in this directory names.
    #[must_use]
    pub fn asker(&self, dir: Option<&Path>) -> Asker {
        match dir.and_then(|dir| self.of(dir)) {
            Some(remote) => Asker::Host(remote.host().to_owned()),
            None => Asker::User,
        }
    }

    /// The Buildfile that `host/org/repo/sub:tag` means, named by a file in `from` or by the user. `None`: nothing is to be fetched.
    /// Blocks while the repository is fetched.
    ///
    /// # Errors
    /// When there is none, or none that may be read.
    pub fn open(&self, text: &str, from: Option<&Path>) -> Result<Option<Found>, RepositoryError> {
        let Some(clones) = &self.clones else { return Remote::parse(text).map(|_| None).map_err(Into::into) };
        let remote = Remote::parse_for(text, clones.sites())?;
        let checkout = clones.open(&remote, &self.asker(from))?;
        self.trees().entry(checkout.tree.clone()).or_insert_with(|| remote.at(""));
        find_inside(&checkout.tree, &checkout.tree.join(&remote.sub), text).map(Some)
    }

    /// The tree of a repository that a Buildfile clones, with its own `.git`. `None`: nothing is to be fetched. Blocks.
    ///
    /// # Errors
    /// When the repository cannot be fetched, or there is no such revision.
    pub fn clone_of(
        &self,
        address: &Address,
        tag: Option<&str>,
        asker: &Asker,
    ) -> Result<Option<Checkout>, RemoteError> {
        let Some(clones) = &self.clones else { return Ok(None) };
        clones.open_address(address, tag, asker).map(Some)
    }

    /// The Buildfile that a path means in a file of a repository's directory.
    ///
    /// # Errors
    /// When the path leads out of the repository, or to no Buildfile.
    pub fn follow(&self, dir: &Path, remote: &Remote, written: &str) -> Result<Found, RepositoryError> {
        if written.starts_with('/') || written.starts_with('~') {
            return Err(RepositoryError::Absolute { written: written.to_owned(), file: remote.to_string() });
        }
        let place = clean(&format!("{}/{written}", remote.sub));
        let place = place.trim_start_matches('/');
        let shown = remote.at(if place == "." { "" } else { place }).to_string();
        // Above its top there is nothing that a repository could mean, even if the path comes back.
        let depth = written.split('/').try_fold(
            remote.sub.split('/').filter(|part| !part.is_empty()).count(),
            |depth, part| match part {
                "" | "." => Some(depth),
                ".." => depth.checked_sub(1),
                _ => Some(depth + 1),
            },
        );
        if depth.is_none() || place.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
            return Err(RepositoryError::Outside(format!("{remote}, {written}")));
        }
        let tree = {
            let trees = self.trees();
            tree_of(&trees, dir).map(|(tree, _)| tree.clone()).unwrap_or_else(|| dir.to_owned())
        };
        find_inside(&tree, &dir.join(written), &shown)
    }
}

fn tree_of<'t>(trees: &'t BTreeMap<PathBuf, Remote>, dir: &Path) -> Option<(&'t PathBuf, &'t Remote)> {
    // Trees lie beside each other, so at most one is above.
    trees
        .range::<Path, _>((std::ops::Bound::Unbounded, std::ops::Bound::Included(dir)))
        .next_back()
        .filter(|(tree, _)| dir.starts_with(tree))
}

/// The Buildfile of a directory, if neither of them is a link that leads out of the tree.
fn find_inside(tree: &Path, dir: &Path, shown: &str) -> Result<Found, RepositoryError> {
    let none = || RepositoryError::NoBuildfile(shown.to_owned());
    let dir = dir.canonicalize().map_err(|_| none())?;
    let outside = || RepositoryError::Outside(shown.to_owned());
    let inside = |path: &Path| path.strip_prefix(tree).is_ok_and(|rest| !rest.starts_with(".git"));
    if !inside(&dir) {
        return Err(outside());
    }
    let found = find_in(&dir).ok_or_else(none)?;
    let path = found.path();
    let file = path.canonicalize().map_err(IoError::on("read", &path))?;
    if inside(&file) { Ok(found) } else { Err(outside()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_file_of_a_repository_stays_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        let tree = top.join("tree");
        for place in ["tree/a/b", "tree/c", "tree/.git", "tree-beside", "outside"] {
            fs::create_dir_all(top.join(place)).unwrap();
            fs::write(top.join(place).join("Buildfile"), "VERSION 1.0\n").unwrap();
        }
        fs::create_dir_all(tree.join("link")).unwrap();
        symlink(top.join("outside"), tree.join("out")).unwrap();
        symlink(top.join("outside/Buildfile"), tree.join("link/Buildfile")).unwrap();
        symlink("../c", tree.join("a/in")).unwrap();
        fs::create_dir_all(tree.join("empty")).unwrap();

        let repositories = Repositories::default();
        repositories.trees().insert(tree.clone(), Remote::parse("h.org/o/r:v1").unwrap());
        let from = tree.join("a");
        let here = repositories.of(&from).unwrap();
        assert_eq!(here.to_string(), "h.org/o/r/a:v1");
        assert_eq!(repositories.of(&top.join("tree-beside")), None);
        assert_eq!(repositories.of(&top), None);
        let follow = |written: &str| {
            let found = repositories.follow(&from, &here, written);
            found.map(|found| repositories.of(&found.dir).unwrap().to_string()).map_err(|error| error.to_string())
        };
        assert_eq!(follow("./b"), Ok("h.org/o/r/a/b:v1".to_owned()));
        assert_eq!(follow("../c"), Ok("h.org/o/r/c:v1".to_owned()));
        assert_eq!(follow("./in"), Ok("h.org/o/r/c:v1".to_owned()));
        for (written, part) in [
            ("../..", "leads out of its repository"),
            ("../../outside", "leads out of its repository"),
            ("../../tree/c", "leads out of its repository"),
            ("../../tree-beside", "leads out of its repository"),
            ("../out", "leads out of its repository"),
            ("../link", "leads out of its repository"),
            ("../.git", "leads out of its repository"),
            ("../empty", "there is no Buildfile in `h.org/o/r/empty:v1`"),
            ("../nothing", "there is no Buildfile in `h.org/o/r/nothing:v1`"),
            ("/etc", "is a directory of this machine"),
            ("~/x", "is a directory of this machine"),
        ] {
            let fault = follow(written).unwrap_err();
            assert!(fault.contains(part), "{written}: {fault}");
        }
        assert!(repositories.is_foreign(&tree, &top) && !repositories.is_foreign(&tree, &from));
        assert!(!repositories.is_foreign(&top, &tree));
        assert_eq!(repositories.asker(Some(&from)), Asker::Host("h.org".to_owned()));
        assert_eq!(repositories.asker(Some(&top)), Asker::User);
    }
}
