//! What an invocation was made of, and what it made.

use crate::graph::{IgnoreFile, ImageSource, LocalSource};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A whole, successful invocation. Digests are written `sha256:…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When it ended, in seconds since 1970.
    pub since: u64,
    /// Everything that it read.
    pub inputs: Vec<Input>,
    /// Everything that it wrote.
    pub outputs: Vec<Output>,
}

/// Something that was read, and what it held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Input {
    /// The Buildfile of a directory.
    Buildfile {
        /// The directory.
        dir: PathBuf,
        /// The digest of its text.
        digest: String,
    },
    /// Where a reference leads.
    Reference {
        /// The directory of the file that says so.
        from: PathBuf,
        /// What is written.
        written: String,
        /// The directory that is meant.
        to: PathBuf,
    },
    /// The directories that a reference with wildcards means.
    Pattern {
        /// The directory of the file that says so.
        from: PathBuf,
        /// What is written.
        pattern: String,
        /// The directories, as references would name them.
        found: Vec<String>,
    },
    /// A file that evaluation read: a Dockerfile.
    File {
        /// The file.
        path: PathBuf,
        /// The digest of its text.
        digest: String,
    },
    /// What git says of a directory.
    Git {
        /// The directory.
        dir: PathBuf,
        /// The digest of all that is known.
        digest: String,
    },
    /// The commit that a branch or a tag of a repository is.
    Clone {
        /// The repository's address.
        address: String,
        /// The branch, the tag or the commit; `None`: the default branch.
        branch: Option<String>,
        /// The host whose file names it; `None`: a file of the user's.
        host: Option<String>,
        /// The commit.
        commit: String,
    },
    /// Files that were sent to the engine.
    Context {
        /// Which.
        source: Source,
        /// Their digest.
        digest: String,
        /// The digest of a glance at them, if it may be relied on.
        glance: Option<String>,
    },
    /// The image that a name stands for.
    Image {
        /// The name.
        reference: String,
        /// Which platform of it.
        platform: String,
        /// Its id in the engine's store; if it is not there, the digest that its registry tells.
        id: String,
    },
}

/// A [`LocalSource`]: a directory, and what of it is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    root: PathBuf,
    include: Vec<String>,
    ignore: Ignored,
    exclude: Vec<String>,
}

/// An [`IgnoreFile`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ignored {
    Own,
    OwnOrDocker,
    None,
}

impl From<&LocalSource> for Source {
    fn from(source: &LocalSource) -> Self {
        // When it was read does not matter here: what it held then is in the record.
        let LocalSource { root, include, ignore, exclude, after: _, since: _ } = source;
        let ignore = match ignore {
            IgnoreFile::Own => Ignored::Own,
            IgnoreFile::OwnOrDocker => Ignored::OwnOrDocker,
            IgnoreFile::None => Ignored::None,
        };
        Self { root: root.clone(), include: include.clone(), ignore, exclude: exclude.clone() }
    }
}

impl From<&Source> for LocalSource {
    fn from(source: &Source) -> Self {
        let Source { root, include, ignore, exclude } = source;
        let ignore = match ignore {
            Ignored::Own => IgnoreFile::Own,
            Ignored::OwnOrDocker => IgnoreFile::OwnOrDocker,
            Ignored::None => IgnoreFile::None,
        };
        Self {
            root: root.clone(),
            include: include.clone(),
            ignore,
            exclude: exclude.clone(),
            after: None,
            since: None,
        }
    }
}

impl Input {
    /// The input that an image is.
    #[must_use]
    pub fn image(image: &ImageSource, id: String) -> Self {
        Self::Image { reference: image.reference.clone(), platform: image.platform.to_string(), id }
    }
}

/// Something that was written, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Output {
    /// A file or a whole directory of this machine.
    Files {
        /// Its path.
        path: PathBuf,
        /// The digest of what lies there.
        digest: String,
    },
    /// An image in the engine's store.
    Image {
        /// Its name.
        name: String,
        /// Its id.
        id: String,
    },
    /// An image at its registry.
    Pushed {
        /// Its name.
        name: String,
        /// Its digest there.
        digest: String,
    },
}
