//! Every file lock of rbuild, and the few system calls that the standard library lacks.
//!
//! Locks are `flock`s on files of their own under one directory, apart from the data that they guard. A lock file is never
//! deleted, since two processes could then hold "the same" lock on two inodes. The kernel frees a lock when its holder dies, whatever it died of.
//!
//! - `key`: what is locked · `holder`: who holds it · `error`: what can go wrong
//! - `entry`: what is written into their files · `list`: what is locked now, for people
//! - `locked_file`: one locked file, the primitive below everything else
//! - `queue`: tickets, so that nobody is overtaken for ever
//! - `dir`: the directory of locks: take one now or not at all · `guard`: a lock while it is held
//! - `wait`: take one or several, waiting for others
//! - `filesystem`: whether locks on a file system tell the truth
//! - `exchange`: swap two directory entries in one step · `sync`: make a whole file system durable

mod dir;
mod entry;
mod error;
mod exchange;
mod filesystem;
mod guard;
mod holder;
mod key;
mod list;
mod locked_file;
mod queue;
mod sync;
mod wait;

pub use dir::{LockDir, Look, Trust};
pub use error::LockError;
pub use exchange::exchange;
pub use filesystem::{Verdict, judge, judge_mounted};
pub use guard::Guard;
pub use holder::{HolderInfo, Liveness};
pub use key::{LockKey, LockMode};
pub use list::{Listed, Party};
pub use locked_file::LockedFile;
pub use sync::sync_file_system;
pub use wait::{Wait, WaitOptions};

#[cfg(test)]
mod tests;
