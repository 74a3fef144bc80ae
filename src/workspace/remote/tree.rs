//! Checking a commit out, once.

use super::program::{Git, GitFailure, Trust};
use super::revision::Revision;
use crate::lock::sync_file_system;
use crate::workspace::IoError;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// What trees are called while they are made.
const NEW: &str = ".new-";

/// What a tree is made of.
pub struct Plan<'a> {
    /// The bare repository that has the commit.
    pub store: &'a Path,
    /// The commit, and the name that the user knows it by.
    pub revision: &'a Revision,
    /// The address that the tree's `origin` shall have.
    pub origin: &'a str,
    /// Whom submodules may be asked of.
    pub trust: Trust<'a>,
}

/// Why there is no tree.
pub enum TreeFailure {
    /// The bare repository does not give the commit: it may be damaged.
    Store(GitFailure),
    /// Git failed at something else.
    Git(GitFailure),
    /// The system did.
    Io(IoError),
}

impl From<GitFailure> for TreeFailure {
    fn from(failure: GitFailure) -> Self {
        Self::Git(failure)
    }
}

impl From<IoError> for TreeFailure {
    fn from(error: IoError) -> Self {
        Self::Io(error)
    }
}

/// Whether a tree is there. It gets its name when all of it is on the disk.
pub fn is_whole(tree: &Path) -> bool {
    tree.join(".git/HEAD").is_file()
}

/// Makes a tree. Nobody else makes one below the same directory meanwhile (its repository's lock is held), so what was left half-made is
/// removed.
pub fn make(git: &Git<'_>, tree: &Path, plan: &Plan<'_>) -> Result<(), TreeFailure> {
    let trees = tree.parent().unwrap_or(tree);
    fs::create_dir_all(trees).map_err(IoError::on("create", trees))?;
    sweep(trees)?;
    let new = tempfile::Builder::new().prefix(NEW).tempdir_in(trees).map_err(IoError::on("create", trees))?;
    fill(git, new.path(), plan)?;
    let on = File::open(new.path()).map_err(IoError::on("open", new.path()))?;
    // Where the system cannot, a crash of the machine may leave a tree that has to be removed by hand.
    let _ = sync_file_system(&on);
    fs::rename(new.path(), tree).map_err(IoError::on("rename", new.path()))?;
    let _renamed = new.keep();
    Ok(())
}

fn fill(git: &Git<'_>, tree: &Path, plan: &Plan<'_>) -> Result<(), TreeFailure> {
    let Plan { store, revision, origin, trust } = plan;
    let Revision { commit, name } = revision;
    let at = |args: &[&str]| {
        let mut words = vec!["-C".to_owned(), tree.display().to_string()];
        words.extend(args.iter().map(|word| (*word).to_owned()));
        git.local(&words)
    };
    git.local(&["init", "--quiet", "--template=", revision.format().option(), &tree.display().to_string()])?;
    let kept = "refs/rbuild/kept";
    let wanted = format!("+{commit}:{kept}");
    let store = store.display().to_string();
    at(&["fetch", "--quiet", "--no-tags", "--depth=1", "--no-write-fetch-head", "--", &store, &wanted])
        .map_err(TreeFailure::Store)?;
    match name {
        Some(branch) if branch.starts_with("refs/heads/") => {
            let short = branch.trim_start_matches("refs/heads/");
            at(&["update-ref", branch, commit])?;
            at(&["update-ref", &format!("refs/remotes/origin/{short}"), commit])?;
            at(&["symbolic-ref", "HEAD", branch])?;
            at(&["config", &format!("branch.{short}.remote"), "origin"])?;
            at(&["config", &format!("branch.{short}.merge"), branch])?;
        }
        Some(tag) => {
            at(&["update-ref", tag, commit])?;
            at(&["update-ref", "--no-deref", "HEAD", commit])?;
        }
        None => {
            at(&["update-ref", "--no-deref", "HEAD", commit])?;
        }
    }
    at(&["update-ref", "-d", kept])?;
    at(&["config", "remote.origin.url", origin])?;
    at(&["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"])?;
    at(&["read-tree", "--reset", "-u", "HEAD"])?;
    if tree.join(".gitmodules").is_file() {
        let place = tree.display().to_string();
        git.ask_abroad(
            &["-C", &place, "submodule", "--quiet", "update", "--init", "--recursive", "--depth=1"],
            *trust,
        )?;
    }
    // An index without times and inodes: the tree's bytes are the same whoever checks it out.
    at(&["read-tree", "HEAD"])?;
    Ok(())
}

/// Removes what killed processes left.
fn sweep(trees: &Path) -> Result<(), IoError> {
    for entry in fs::read_dir(trees).map_err(IoError::on("read", trees))?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(NEW) {
            let path: PathBuf = entry.path();
            fs::remove_dir_all(&path).map_err(IoError::on("remove", &path))?;
        }
    }
    Ok(())
}
