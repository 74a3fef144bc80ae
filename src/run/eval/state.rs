//! What a recipe has built so far.

use crate::digest::VertexId;
use crate::graph::image::ConfigPatch;
use crate::graph::image::ImageState;
use crate::graph::op::CacheSharing;
use crate::graph::{ImageSource, Output};
use crate::platform::Platform;
use std::net::IpAddr;

/// The file system and its configuration, at one point of a recipe.
#[derive(Debug, Clone)]
pub struct State {
    /// The files; `None` is an empty file system.
    pub root: Option<Output>,
    /// The image that everything began with; `None` for `scratch`.
    pub image: Option<(VertexId, ImageSource)>,
    /// What the recipe changed in the image's configuration.
    pub patch: ConfigPatch,
    /// Whether this recipe set `CMD` itself.
    pub cmd_set: bool,
    /// Whether there was a `FROM`.
    pub begun: bool,
    /// The platform.
    pub platform: Platform,
    /// Machines that `HOST` named, each name once.
    pub hosts: Vec<(String, IpAddr)>,
    /// `CACHE` directories of this recipe.
    pub caches: Vec<CacheDir>,
    /// Where commands run on this machine; `None`: they run in containers.
    pub local: Option<Local>,
    /// The files as they were when the persistent caches were last copied into them.
    pub persisted: Option<Option<Output>>,
}

/// A recipe that runs on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Where, absolute.
    pub dir: String,
    /// Its last command.
    pub last: Option<Output>,
    /// The last command that has been run already.
    pub settled: Option<Output>,
}

/// A directory declared with `CACHE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheDir {
    /// Absolute path in the container.
    pub path: String,
    /// Its name in the engine.
    pub id: String,
    /// Who may use it at the same time.
    pub sharing: CacheSharing,
    /// Permission bits of the directory when it is new.
    pub mode: u32,
    /// Whether what it holds becomes part of images and artifacts.
    pub persist: bool,
}

impl State {
    /// Nothing so far.
    #[must_use]
    pub fn new(platform: Platform) -> Self {
        Self {
            root: None,
            image: None,
            patch: ConfigPatch::default(),
            cmd_set: false,
            begun: false,
            platform,
            hosts: Vec::new(),
            caches: Vec::new(),
            local: None,
            persisted: None,
        }
    }

    /// The vertex that was added last: that of the files, or the last command of this machine.
    #[must_use]
    pub fn last(&self) -> Option<Output> {
        self.local.as_ref().map_or(self.root, |local| local.last)
    }

    /// A file system with the configuration that goes with it.
    #[must_use]
    pub fn image_state(&self) -> ImageState {
        ImageState {
            root: self.root,
            image: self.image.as_ref().map(|(id, _)| *id),
            patch: self.patch.clone(),
            platform: self.platform.clone(),
        }
    }
}
