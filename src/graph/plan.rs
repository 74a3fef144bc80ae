//! A whole build: the graph, and what is to come out of it.

use super::builder::Graph;
use super::image::ImageState;
use super::op::Output;
use crate::digest::VertexId;
use crate::source::{Location, Span};
use std::path::PathBuf;
use std::sync::Arc;

/// A graph and its goals.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Every vertex.
    pub graph: Graph,
    /// Results that must exist at the end: final states of the targets that were asked for and of what they `BUILD`.
    pub goals: Vec<VertexId>,
    /// Images for the engine's store, in order.
    pub images: Vec<ImageOutput>,
    /// Files for this machine, in order.
    pub artifacts: Vec<ArtifactOutput>,
    /// Steps that run only after all else succeeded: `RUN --push`.
    pub push_steps: Vec<VertexId>,
    /// What evaluation asked: steps whose answers it needed, and, where nothing may run, the ends of branches that nobody could choose
    /// between.
    pub asked: Vec<VertexId>,
}

impl Plan {
    /// Every vertex that has to be done, before the push steps: goals, and what outputs are made of.
    #[must_use]
    pub fn required(&self) -> Vec<VertexId> {
        let images = self.images.iter().filter_map(|image| image.state.root.map(|root| root.vertex));
        let artifacts = self.artifacts.iter().map(|artifact| artifact.tree.vertex);
        let mut seen = std::collections::HashSet::new();
        self.goals.iter().copied().chain(images).chain(artifacts).filter(|id| seen.insert(*id)).collect()
    }
}

/// An image to load into the engine's store.
#[derive(Debug, Clone)]
pub struct ImageOutput {
    /// The target that saves it, as shown.
    pub target: Arc<str>,
    /// Content and configuration.
    pub state: ImageState,
    /// Normal form of its name, tag included.
    pub name: String,
    /// Whether it is pushed (`SAVE IMAGE --push` and `--push`).
    pub push: bool,
    /// The name, tag included, of the index that it belongs to where it is pushed: one name for several platforms.
    pub index: Option<String>,
    /// Whether its name may not be saved for several platforms (`--no-manifest-list`).
    pub one_platform: bool,
    /// Whether its target is one that the user asked for, and not only one that such a target builds.
    pub asked: bool,
    /// The command's place.
    pub span: Span,
    /// The same for people.
    pub location: Location,
}

/// What the tree of an [`ArtifactOutput`] holds at its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArtifactShape {
    /// One file, link or directory.
    One,
    /// Everything that a pattern matched.
    Pattern,
    /// The contents of a directory that has no name.
    Whole,
}

/// Files to write on this machine.
#[derive(Debug, Clone)]
pub struct ArtifactOutput {
    /// The target that saves it, as shown.
    pub target: Arc<str>,
    /// A tree that holds just these files, at its root.
    pub tree: Output,
    /// What that is.
    pub shape: ArtifactShape,
    /// The artifact as the user named it.
    pub source: String,
    /// Where to write it: as written behind `AS LOCAL` (a trailing slash and `.` have a meaning).
    pub dest: String,
    /// The directory that `dest` is relative to.
    pub base: PathBuf,
    /// Whether it must stay inside `base`.
    pub confined: bool,
    /// Whether nothing to write is no fault.
    pub if_exists: bool,
    /// Whether the user asked for it by name: `rbuild +target/artifact`.
    pub asked: bool,
    /// The command's place.
    pub location: Location,
}
