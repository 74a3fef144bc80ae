//! A lock while it is held.

use super::entry::Entry;
use super::queue::Record;
use super::{HolderInfo, LockKey, LockMode, LockedFile};
use std::fs::File;

/// A held lock. Dropping it frees the lock.
#[derive(Debug)]
pub struct Guard {
    key: LockKey,
    mode: LockMode,
    // fields are dropped in this order: the record of a shared holder goes before its lock
    _record: Option<Record>,
    file: LockedFile,
}

impl Guard {
    pub(super) fn new(key: LockKey, mode: LockMode, record: Option<Record>, file: LockedFile) -> Self {
        Self { key, mode, _record: record, file }
    }

    /// What is locked.
    #[must_use]
    pub fn key(&self) -> &LockKey {
        &self.key
    }

    /// How it is locked.
    #[must_use]
    pub fn mode(&self) -> LockMode {
        self.mode
    }
}

impl Guard {
    /// Another handle on the lock, for a process that does what only the holder may: the lock is held until that has ended too,
    /// whatever becomes of this process. Dropping the guard frees it at once.
    ///
    /// # Errors
    /// When there is no room for another descriptor.
    pub fn share(&self) -> std::io::Result<File> {
        self.file.share()
    }

    /// Writes down that an exclusive lock is held on behalf of somebody else from now on.
    pub fn hold_for(&self, holder: &HolderInfo) {
        if self.mode == LockMode::Exclusive {
            // The lock is held whatever its file says.
            let _ = self.file.write(&Entry::now(&self.key, holder).to_line());
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.mode == LockMode::Exclusive {
            // A name must not outlive its lock. When it does (the disk is full, say), the next holder writes over it.
            let _ = self.file.write(b"");
        }
    }
}
