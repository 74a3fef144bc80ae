//! One thing that rbuild keeps.

use crate::engine::docker::Stored;
use crate::engine::docker::inner::FoundRoot;
use crate::lock::LockKey;
use std::fmt;
use std::path::PathBuf;
use std::time::SystemTime;

/// A thing that rbuild keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What sort of thing.
    pub kind: Kind,
    /// Its name, for people.
    pub name: String,
    /// Room in bytes, where it is known.
    pub size: Option<u64>,
    /// When it was last used, as far as is known; else when it was made.
    pub used: Option<SystemTime>,
    /// Why it cannot go now, for people: `held by +test, pid 4711`, `in use by container web`.
    pub busy: Option<String>,
    /// Nothing will use it again.
    pub stale: bool,
    /// What has to be held while it goes.
    pub locks: Vec<LockKey>,
    /// What goes.
    pub part: Part,
}

/// Sorts of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The data of a `WITH DOCKER` step's daemon, kept by `--cache-id`.
    DataRoot,
    /// A `CACHE` of a `WITH DOCKER` step.
    CacheVolume,
    /// A `CACHE`, or a cache mount of `RUN`.
    CacheMount,
    /// The cached result of a `WITH DOCKER` step.
    Result,
    /// An image that a `WITH DOCKER` step began with.
    State,
    /// A Docker daemon for images that have none.
    Kit,
    /// What a client left when it was killed.
    Container,
    /// Files of build contexts, in the engine.
    Contexts,
    /// Results of commands, in the engine.
    Results,
    /// The rest of the engine's build cache: what RUN made, and what belongs to `docker build`.
    Engine,
    /// A clone of a repository.
    Clone,
    /// A tree that was checked out of a clone.
    Tree,
    /// What the steps of a build printed.
    Logs,
    /// What is remembered of earlier builds.
    Memory,
    /// What `--auto-skip` knows of an earlier invocation.
    Skip,
}

impl Kind {
    /// All of them, in the order of lists.
    pub const ALL: [Self; 15] = [
        Self::DataRoot,
        Self::CacheVolume,
        Self::CacheMount,
        Self::Result,
        Self::State,
        Self::Kit,
        Self::Container,
        Self::Contexts,
        Self::Results,
        Self::Engine,
        Self::Clone,
        Self::Tree,
        Self::Logs,
        Self::Memory,
        Self::Skip,
    ];

    /// Whether names of this kind begin with a namespace.
    #[must_use]
    pub fn is_namespaced(self) -> bool {
        matches!(self, Self::DataRoot | Self::CacheVolume | Self::CacheMount)
    }

    /// Whether single things of this kind tell people nothing, so that lists show their sum.
    #[must_use]
    pub fn is_summed(self) -> bool {
        matches!(self, Self::Contexts | Self::Results | Self::Engine | Self::Logs | Self::Skip)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DataRoot => "data root",
            Self::CacheVolume => "cache volume",
            Self::CacheMount => "cache mount",
            Self::Result => "docker result",
            Self::State => "state image",
            Self::Kit => "docker kit",
            Self::Container => "step container",
            Self::Contexts => "build contexts",
            Self::Results => "step results",
            Self::Engine => "engine's build cache",
            Self::Clone => "clone",
            Self::Tree => "tree",
            Self::Logs => "logs",
            Self::Memory => "memory",
            Self::Skip => "skip records",
        })
    }
}

/// What an item is, for whoever removes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Things of the engine, removed in this order.
    Stored(Vec<Stored>),
    /// Records of the engine's build cache: one, by its id.
    Record(String),
    /// A file or directory of this machine.
    Path(PathBuf),
    /// A data root that is a directory of this machine.
    Root(FoundRoot),
}
