//! The directory of locks.

use super::entry::Entry;
use super::filesystem::{Verdict, judge_mounted};
use super::queue::Queue;
use super::{Guard, HolderInfo, LockError, LockKey, LockMode, LockedFile};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What to think of the file system that the locks are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Refuse a file system whose locks would lie.
    Judge,
    /// Take it as it is; the user said so (`--unsafe-locks`).
    Blindly,
}

/// How a lock is at this moment, for display.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// Whether somebody holds it.
    pub held: bool,
    /// Who, as far as they have written it down.
    pub holders: Vec<HolderInfo>,
    /// When it was last taken or freed alone; `None` when it never was.
    pub taken: Option<SystemTime>,
}

/// The directory of all locks: `<cache directory>/locks`.
///
/// A lock `k` is the file `k.lock`; those who wait for it have tickets in `k.queue/`, those who share it have records in `k.shared/`.
#[derive(Debug, Clone)]
pub struct LockDir {
    root: PathBuf,
}

impl LockDir {
    /// Opens the directory, and makes it if it is missing.
    ///
    /// # Errors
    /// If it cannot be made, or if its file system cannot be trusted with locks.
    pub fn open(root: impl Into<PathBuf>, trust: Trust) -> Result<Self, LockError> {
        let root = root.into();
        std::fs::create_dir_all(&root).map_err(LockError::io("create", &root))?;
        let root = root.canonicalize().map_err(LockError::io("look at", &root))?;
        if trust == Trust::Judge
            && let Verdict::Refused { reason } = judge_mounted(&root)
        {
            return Err(LockError::Untrusted { path: root, reason });
        }
        Ok(Self { root })
    }

    /// Where the locks are.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Takes a lock, or says `None` if that would mean to wait: somebody holds it, or somebody waits for it already.
    ///
    /// # Errors
    /// If the system refuses to make or to lock files.
    pub fn try_lock(&self, key: &LockKey, mode: LockMode, holder: &HolderInfo) -> Result<Option<Guard>, LockError> {
        if self.queue(key).waiting(mode)? > 0 { Ok(None) } else { self.take(key, mode, holder) }
    }

    /// Who holds a lock, as far as they have written it down. For display only.
    #[must_use]
    pub fn holders(&self, key: &LockKey) -> Vec<HolderInfo> {
        let exclusive = std::fs::read(self.file(key)).ok().and_then(|text| Entry::from_line(&text));
        match exclusive {
            Some(entry) => vec![entry.holder],
            None => self.shared(key).holders().unwrap_or_default(),
        }
    }

    /// Whether somebody holds a lock, and when it was last taken, without leaving a trace: lists must not change what they tell.
    ///
    /// # Errors
    /// If the system refuses to look at files or to lock them.
    pub fn look(&self, key: &LockKey) -> Result<Look, LockError> {
        let file = self.file(key);
        let taken = match std::fs::metadata(&file) {
            Ok(metadata) => metadata.modified().ok(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Look::default()),
            Err(error) => return Err(LockError::io("look at", &file)(error)),
        };
        let held = LockedFile::try_lock(&file, LockMode::Exclusive)?.is_none();
        Ok(Look { held, holders: if held { self.holders(key) } else { Vec::new() }, taken })
    }

    /// Takes a lock without asking who waits for it.
    pub(super) fn take(&self, key: &LockKey, mode: LockMode, holder: &HolderInfo) -> Result<Option<Guard>, LockError> {
        let path = self.file(key);
        let Some(file) = LockedFile::try_lock(&path, mode)? else { return Ok(None) };
        // The lock is held whatever its file says; a full disk must not keep anybody from working.
        let record = match mode {
            LockMode::Exclusive => {
                let _ = file.write(&Entry::now(key, holder).to_line());
                None
            }
            LockMode::Shared => {
                // What an exclusive holder left when it was killed is no longer true.
                let _ = file.write(b"");
                self.shared(key).enlist(holder).ok()
            }
        };
        Ok(Some(Guard::new(key.clone(), mode, record, file)))
    }

    pub(super) fn queue(&self, key: &LockKey) -> Queue {
        Queue::new(self.root.join(key.file_stem() + ".queue"), key)
    }

    fn shared(&self, key: &LockKey) -> Queue {
        Queue::new(self.root.join(key.file_stem() + ".shared"), key)
    }

    fn file(&self, key: &LockKey) -> PathBuf {
        self.root.join(key.file_stem() + ".lock")
    }
}
