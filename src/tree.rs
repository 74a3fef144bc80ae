//! Directory trees: what the workspace offers and the engine transfers.

use std::fs::File;
use std::io;

/// One entry of a directory tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path below the root of the tree, its parts separated by `/`, without a leading or trailing slash.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Permission, set-id and sticky bits: `0o7777`.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Time of the last change of its content, in nanoseconds since 1970; negative before.
    pub modified_ns: i64,
}

/// What an entry is. Sockets, pipes and devices are no part of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A directory. Its content follows it.
    Directory,
    /// A regular file. Each name of a hard-linked file is a file of its own.
    File {
        /// Its length in bytes.
        size: u64,
    },
    /// A symbolic link.
    Symlink {
        /// Where it points to, as written in it.
        target: String,
    },
}

/// A tree that can be listed and read.
pub trait Tree: Send + Sync {
    /// All entries in the order in which Go's `filepath.Walk` visits them, which BuildKit's file transfer requires: a directory comes before
    /// its content, its content comes right after it, and the names in one directory are sorted by their bytes. The root is not listed.
    ///
    /// # Errors
    /// When something that belongs to the tree cannot be read.
    fn entries(&self) -> io::Result<Vec<Entry>>;

    /// Opens a file of the tree for reading.
    ///
    /// # Errors
    /// When the file is not there any more or cannot be read.
    fn open(&self, path: &str) -> io::Result<File>;
}
