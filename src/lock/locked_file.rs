//! One file with a lock on it.

use super::{LockError, LockMode};
use fs4::{FileExt, TryLockError};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt};
use std::path::{Path, PathBuf};

/// How often a replaced file is opened again before giving up.
const ATTEMPTS: usize = 100;

/// An open file that is locked, and that was the file at its path when the lock was taken. Dropping it frees the lock.
///
/// The file is closed in programs that this process starts, so no child keeps a lock alive unless it is [given one](Self::share).
#[derive(Debug)]
pub struct LockedFile {
    file: File,
    path: PathBuf,
}

impl LockedFile {
    /// Takes a lock on a file that is made if it is missing, or says `None` when somebody else holds it.
    ///
    /// It is opened for writing in both modes: NFS gives an exclusive lock to such descriptors alone.
    ///
    /// # Errors
    /// If the file cannot be opened or locked.
    pub fn try_lock(path: &Path, mode: LockMode) -> Result<Option<Self>, LockError> {
        for _ in 0..ATTEMPTS {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)
                .map_err(LockError::io("open", path))?;
            if !try_flock(&file, mode).map_err(LockError::io("lock", path))? {
                return Ok(None);
            }
            // Somebody may have removed or replaced the file between opening and locking; then the lock excludes nobody.
            if is_at(&file, path).map_err(LockError::io("look at", path))? {
                return Ok(Some(Self { file, path: path.to_owned() }));
            }
        }
        Err(LockError::Unstable { path: path.to_owned() })
    }

    /// The path that was locked.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Another descriptor of the open file. The kernel frees its lock with the last one, or when this value is dropped. Source: flock(2).
    pub(super) fn share(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Replaces what the file says.
    pub(super) fn write(&self, text: &[u8]) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.write_all_at(text, 0)
    }
}

impl Drop for LockedFile {
    fn drop(&mut self) {
        // Closing would do, if no child were between fork and exec just now.
        let _ = FileExt::unlock(&self.file);
    }
}

/// Locks an open file if nobody is in the way.
pub(super) fn try_flock(file: &File, mode: LockMode) -> io::Result<bool> {
    let result = match mode {
        LockMode::Shared => FileExt::try_lock_shared(file),
        LockMode::Exclusive => FileExt::try_lock(file),
    };
    match result {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether `file` is still the file at `path`.
pub(super) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let open = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(named) => Ok((open.dev(), open.ino()) == (named.dev(), named.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
