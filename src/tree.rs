//! Directory trees as data: what a build context or an exported artifact consists of.

/// One entry of a directory tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path relative to the tree's root: `/`-separated, no leading slash.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits, set-uid, set-gid and sticky included: at most `0o7777`.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Time of the last change, in nanoseconds since 1970.
    pub modified_ns: i64,
}

/// Kinds of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A regular file.
    File {
        /// Its length in bytes.
        size: u64,
    },
    /// A symbolic link.
    Symlink {
        /// Where it points, as stored.
        target: String,
    },
}

/// A tree that can be listed and read.
pub trait Tree: Send + Sync {
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
}
