<<<<<<< HEAD
//! Directory trees as data: what a build context or an exported artifact consists of.
=======
//! Directory trees: what the workspace offers and the engine transfers.

use std::fs::File;
use std::io;
>>>>>>> 3b0123047dd796596c2da35311b9c584399d78cd

/// One entry of a directory tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
<<<<<<< HEAD
    /// Path relative to the tree's root: `/`-separated, no leading slash.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits, set-uid, set-gid and sticky included: at most `0o7777`.
=======
    /// Path below the root of the tree, its parts separated by `/`, without a leading or trailing slash.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Permission, set-id and sticky bits: `0o7777`.
>>>>>>> 3b0123047dd796596c2da35311b9c584399d78cd
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
<<<<<<< HEAD
    /// Time of the last change, in nanoseconds since 1970.
    pub modified_ns: i64,
}

/// Kinds of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A regular file.
=======
    /// Time of the last change of its content, in nanoseconds since 1970; negative before.
    pub modified_ns: i64,
}

/// What an entry is. Sockets, pipes and devices are no part of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A directory. Its content follows it.
    Directory,
    /// A regular file. Each name of a hard-linked file is a file of its own.
>>>>>>> 3b0123047dd796596c2da35311b9c584399d78cd
    File {
        /// Its length in bytes.
        size: u64,
    },
    /// A symbolic link.
    Symlink {
<<<<<<< HEAD
        /// Where it points, as stored.
=======
        /// Where it points to, as written in it.
>>>>>>> 3b0123047dd796596c2da35311b9c584399d78cd
        target: String,
    },
}

/// A tree that can be listed and read.
pub trait Tree: Send + Sync {
<<<<<<< HEAD
    /// All entries, depth first, children sorted by name (bytewise) below their directory.
    ///
    /// # Errors
    /// Whatever the file system says, with the verb and the path in the message.
    fn entries(&self) -> std::io::Result<Vec<Entry>>;

    /// Opens a file that [`Tree::entries`] listed.
    ///
    /// # Errors
    /// Whatever the file system says, with the verb and the path in the message.
    fn open(&self, path: &str) -> std::io::Result<std::fs::File>;
=======
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
>>>>>>> 3b0123047dd796596c2da35311b9c584399d78cd
}
