//! Directories in which outputs are prepared, beside the place where they will go.
//!
//! ```text
//! .rbuild-stage-Xy12…/
//!   lock      locked as long as its owner lives; without an owner all of this may be deleted
//!   tree/     what is being prepared
//!   aside     what was moved out of the way, for the moment between two renames
//!   aside.of  the path that it was moved from
//! ```

use super::IoError;
use crate::lock::{LockError, LockMode, LockedFile};
use std::ffi::OsString;
use std::fs::Permissions;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What the names of staging directories begin with.
const PREFIX: &str = ".rbuild-stage-";
/// How often another name is tried when somebody takes the new directory for a leftover.
const ATTEMPTS: usize = 100;

/// How often, and how far apart, the removal of a directory is tried that somebody still writes to.
const REMOVALS: usize = 50;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(10);

/// A directory in which an output is prepared. Dropping it deletes it, with all that was not placed.
///
/// If rbuild is killed, the next one that stages something in the same directory cleans up.
#[derive(Debug)]
pub struct Staging {
    dir: PathBuf,
    /// `None` where the file system has no locks; then leftovers are not recognised, and stay.
    _lock: Option<LockedFile>,
}

/// Whether a name is that of a staging directory of some rbuild.
pub(super) fn is_staging_name(name: &str) -> bool {
    name.starts_with(PREFIX)
}

impl Staging {
    /// Makes a staging directory in `near`, which exists, and cleans up what killed processes left there.
    ///
    /// # Errors
    /// If nothing can be made there.
    pub fn new(near: &Path) -> Result<Self, IoError> {
        clean_up(near);
        for _ in 0..ATTEMPTS {
            let dir = tempfile::Builder::new()
                .prefix(PREFIX)
                .rand_bytes(12)
                .tempdir_in(near)
                .map_err(|error| IoError::on("write in", near)(without_path(error)))?;
            let lock = match LockedFile::try_lock(&dir.path().join("lock"), LockMode::Exclusive) {
                Ok(Some(lock)) => Some(lock),
                // somebody has come along in between, and is cleaning up
                Ok(None) | Err(LockError::Unstable { .. }) => continue,
                Err(LockError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => continue,
                Err(LockError::Io { verb: "lock", .. }) => None,
                Err(LockError::Io { verb, path, source }) => return Err(IoError { verb, path, source }),
                Err(other) => return Err(IoError::on("lock", dir.path())(io::Error::other(other))),
            };
            let staging = Self { dir: dir.keep(), _lock: lock };
            std::fs::create_dir(staging.path()).map_err(IoError::on("create", &staging.path()))?;
            return Ok(staging);
        }
        let source = io::Error::other("somebody keeps deleting it");
        Err(IoError { verb: "keep a directory in", path: near.to_owned(), source })
    }

    /// The directory to fill.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.dir.join("tree")
    }

    /// Where things are put that are in the way.
    pub(super) fn aside(&self) -> PathBuf {
        self.dir.join("aside")
    }

    /// Moves something out of the way, so that it is put back if this process is killed.
    pub(super) fn move_aside(&self, path: &Path) -> io::Result<()> {
        let note = self.dir.join("aside.of");
        std::fs::write(&note, path.as_os_str().as_bytes())?;
        std::fs::File::open(&note)?.sync_all()?;
        std::fs::rename(path, self.aside())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // A transfer that was cancelled may still write its last file. What cannot be deleted now is deleted next time.
        for _ in 0..REMOVALS {
            if remove_tree(&self.dir).is_ok() || std::fs::symlink_metadata(&self.dir).is_err() {
                return;
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// The error without the path that `tempfile` adds: that of a directory which is nobody's business.
fn without_path(error: io::Error) -> io::Error {
    use io::ErrorKind::{NotFound, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match error.kind() {
        kind @ (NotFound | PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull) => kind.into(),
        _ => error,
    }
}

/// Deletes staging directories whose owners are gone. Nothing depends on success.
fn clean_up(near: &Path) {
    let Ok(listing) = std::fs::read_dir(near) else { return };
    for entry in listing.flatten() {
        let is_ours = is_staging_name(&entry.file_name().to_string_lossy());
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let dir = entry.path();
            if let Ok(Some(_lock)) = LockedFile::try_lock(&dir.join("lock"), LockMode::Exclusive) {
                put_back(&dir);
                let _ = remove_tree(&dir);
            }
        }
    }
}

/// Puts back what was moved aside by a process that was killed before it had put something better in its place.
fn put_back(dir: &Path) {
    let Ok(path) = std::fs::read(dir.join("aside.of")) else { return };
    let path = PathBuf::from(OsString::from_vec(path));
    if std::fs::symlink_metadata(&path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        let _ = std::fs::rename(dir.join("aside"), path);
    }
}

/// Deletes a tree, also where directories may not be written to, as build tools like to leave them. Links are not followed.
pub(super) fn remove_tree(path: &Path) -> io::Result<()> {
    let data = std::fs::symlink_metadata(path)?;
    if !data.is_dir() {
        return std::fs::remove_file(path);
    }
    if data.permissions().mode() & 0o700 != 0o700 {
        std::fs::set_permissions(path, Permissions::from_mode(0o700))?;
    }
    for entry in std::fs::read_dir(path)? {
        remove_tree(&entry?.path())?;
    }
    std::fs::remove_dir(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(dir: &Path) -> Vec<String> {
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_staging_directory_is_recognised_and_goes_away() {
        let near = tempfile::tempdir().unwrap();
        let staging = Staging::new(near.path()).unwrap();
        assert!(names(near.path()).iter().all(|name| is_staging_name(name)));
        let dir = staging.path().join("read-only");
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("file"), "").unwrap();
        fs::set_permissions(&dir, Permissions::from_mode(0o555)).unwrap();
        drop(staging);
        assert_eq!(names(near.path()), [""; 0]);
    }

    #[test]
    fn leftovers_are_cleaned_and_live_ones_are_left_alone() {
        let near = tempfile::tempdir().unwrap();
        let leftover = near.path().join(".rbuild-stage-left");
        fs::create_dir_all(leftover.join("tree/half")).unwrap();
        fs::create_dir(near.path().join(".rbuild-other")).unwrap();
        fs::write(near.path().join(".rbuild-stage-file"), "").unwrap();
        let live = Staging::new(near.path()).unwrap();
        assert!(!leftover.exists());
        let another = Staging::new(near.path()).unwrap();
        assert!(live.path().is_dir() && another.path().is_dir());
        assert!(near.path().join(".rbuild-other").exists() && near.path().join(".rbuild-stage-file").exists());
    }

    #[test]
    fn what_a_killed_process_moved_aside_is_put_back() {
        let near = tempfile::tempdir().unwrap();
        let (target, leftover) = (near.path().join("out"), near.path().join(".rbuild-stage-left"));
        for replaced in [false, true] {
            fs::create_dir_all(leftover.join("aside")).unwrap();
            fs::write(leftover.join("aside/old"), "").unwrap();
            fs::write(leftover.join("aside.of"), target.as_os_str().as_bytes()).unwrap();
            if replaced {
                fs::create_dir(&target).unwrap();
            }
            drop(Staging::new(near.path()).unwrap());
            assert_eq!(target.join("old").exists(), !replaced);
            assert!(!leftover.exists());
            fs::remove_dir_all(&target).unwrap();
        }
    }

    #[test]
    fn a_place_where_nothing_can_be_made_is_named() {
        let near = tempfile::tempdir().unwrap();
        let message = Staging::new(&near.path().join("none")).unwrap_err().to_string();
        assert_eq!(message, format!("cannot write in `{}/none`: entity not found", near.path().display()));
    }
}
