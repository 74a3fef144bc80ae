//! What is locked now, for people. It reads what holders and waiters have written, and takes no lock itself.

use super::entry::Entry;
use super::queue::Queue;
use super::{HolderInfo, LockDir, LockError, LockMode};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// A lock that somebody holds or waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its kind: `cache`.
    pub kind: String,
    /// Its name within the kind.
    pub name: String,
    /// Those who hold it, longest first. One whose process is dead holds it no more: a killed process leaves its name behind.
    pub holders: Vec<Party>,
    /// Those who wait for it, in the order in which they will be served.
    pub waiters: Vec<Party>,
}

/// A holder or a waiter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// How it holds the lock, or wants it.
    pub mode: LockMode,
    /// Who it is; `since` is when it got the lock, or began to wait.
    pub info: HolderInfo,
}

impl LockDir {
    /// The locks of a directory that are held or waited for, in the order of their names. A directory that does not exist has none.
    ///
    /// What it tells may be over by the time that it is read. It neither makes, changes, locks nor deletes a file.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn list(root: &Path) -> Result<Vec<Listed>, LockError> {
        let entries = match std::fs::read_dir(root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(LockError::io("list", root))?,
        };
        let mut stems = BTreeSet::new();
        for entry in entries {
            let name = entry.map_err(LockError::io("list", root))?.file_name();
            let name = name.to_string_lossy();
            stems.extend(
                [".lock", ".shared", ".queue"].iter().find_map(|end| name.strip_suffix(end)).map(str::to_owned),
            );
        }
        let mut listed: Vec<Listed> = stems.iter().filter_map(|stem| of_stem(root, stem)).collect();
        listed.sort_by(|one, other| (&one.kind, &one.name).cmp(&(&other.kind, &other.name)));
        Ok(listed)
    }
}

/// The lock of these files, if anybody has to do with it.
fn of_stem(root: &Path, stem: &str) -> Option<Listed> {
    let alone = std::fs::read(root.join(format!("{stem}.lock"))).ok().and_then(|text| Entry::from_line(&text));
    let mut holders: Vec<(LockMode, Entry)> = alone.map(|entry| (LockMode::Exclusive, entry)).into_iter().collect();
    holders.extend(Queue::entries(&root.join(format!("{stem}.shared"))));
    holders.sort_by_key(|(_, entry)| entry.holder.since_ms);
    let waiters = Queue::entries(&root.join(format!("{stem}.queue")));
    let (_, first) = holders.iter().chain(&waiters).next()?;
    let (kind, name) = (first.kind.clone(), first.name.clone());
    let parties = |entries: Vec<(LockMode, Entry)>| {
        entries.into_iter().map(|(mode, entry)| Party { mode, info: entry.holder }).collect()
    };
    Some(Listed { kind, name, holders: parties(holders), waiters: parties(waiters) })
}
