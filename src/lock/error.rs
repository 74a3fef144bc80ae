//! What can go wrong with locks.

use super::{HolderInfo, LockKey};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The system refused an operation on a lock's file.
    #[error("cannot {verb} `{}`: {source}", path.display())]
    Io {
        /// What was tried: `open`, `lock`.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody replaces the lock's file faster than it can be locked.
    #[error("the lock file `{}` is being replaced again and again", path.display())]
    Unstable {
        /// The file.
        path: PathBuf,
    },
    /// Locks on this file system would not exclude everybody who can see the files.
    #[error("locks in `{}` cannot be trusted: {reason}", path.display())]
    Untrusted {
        /// The directory of the locks.
        path: PathBuf,
        /// Why they would lie.
        reason: String,
    },
    /// The lock was not free in time.
    #[error("waited {} for {key}{}; `--lock-timeout` sets how long to wait", age(*waited), Holders(holders))]
    Timeout {
        /// The lock.
        key: LockKey,
        /// How long it was waited for.
        waited: Duration,
        /// Who held it in the end, as far as is known.
        holders: Vec<HolderInfo>,
    },
}

impl LockError {
    /// Makes an error of what the system said: `.map_err(LockError::io("open", path))`.
    pub(super) fn io(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { verb, path: path.to_owned(), source }
    }
}

/// `: held by +test, pid 4711 and +lint, pid 12`, or nothing.
struct Holders<'a>(&'a [HolderInfo]);

impl fmt::Display for Holders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, holder) in self.0.iter().enumerate() {
            write!(f, "{}{holder}", if i == 0 { ": held by " } else { " and " })?;
        }
        Ok(())
    }
}

/// A duration for people: `0.3 s`, `12 s`.
fn age(duration: Duration) -> String {
    if duration < Duration::from_secs(10) {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} s", duration.as_secs())
    }
}
