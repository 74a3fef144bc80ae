//! A target with the arguments that it is called with.

use super::home::Imports;
use super::moment::Moment;
use super::state::State;
use crate::digest::{Digest, VertexId};
use crate::graph::Output;
use crate::graph::op::ByHand;
use crate::graph::plan::{ArtifactOutput, ImageOutput};
use crate::platform::Platform;
use crate::source::Span;
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments that a caller passes, by name.
pub type Overrides = BTreeMap<String, String>;

/// Identity of an instance: each is evaluated once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The directory of its Buildfile.
    pub dir: PathBuf,
    /// The target; `base` is the base recipe.
    pub target: String,
    /// What the caller passes.
    pub overrides: Overrides,
    /// The platform that it is built for.
    pub platform: Platform,
    /// Whether it may use privileges if the user allows them at all: a target of another repository only where it was referenced with
    /// `--allow-privileged`.
    pub trusted: bool,
    /// Whether its `RUN --push` run: the user wants pushes, and nothing but `BUILD` leads here from what was asked for.
    pub pushes: bool,
}

impl Key {
    /// A digest of all of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let Self { dir, target, overrides, platform, trusted, pushes } = self;
        let mut bytes = dir.as_os_str().as_encoded_bytes().to_vec();
        let known = [target.clone(), platform.to_string(), trusted.to_string(), pushes.to_string()];
        let passed = overrides.iter().flat_map(|(name, value)| [name.clone(), value.clone()]);
        // No text holds a zero byte.
        for text in known.into_iter().chain(passed) {
            bytes.push(0);
            bytes.extend(text.into_bytes());
        }
        Digest::of(bytes)
    }
}

/// An evaluated target.
#[derive(Debug, Clone)]
pub struct Instance {
    /// The target, as shown.
    pub target: Arc<str>,
    /// What `FROM +target` goes on from: the state at the last `SAVE IMAGE`, else at the end.
    pub saved: State,
    /// Variables of the file, for its other targets (base recipe only).
    pub globals: IndexMap<String, String>,
    /// What the names of imports mean, for its other targets (base recipe only).
    pub imports: Imports,
    /// The tree that `SAVE ARTIFACT` made.
    pub artifacts: Option<Output>,
    /// Where somebody works by hand at its end.
    pub by_hand: Option<(ByHand, Span)>,
    /// Images that it saves.
    pub images: Vec<ImageOutput>,
    /// Files that it saves on this machine.
    pub locals: Vec<ArtifactOutput>,
    /// The vertex of its final state.
    pub last: Option<VertexId>,
    /// The last commands of this machine in front of each `FROM` that came behind `LOCALLY`.
    pub left: Vec<VertexId>,
    /// Its `RUN --push` steps.
    pub push_steps: Vec<VertexId>,
    /// Steps that were asked for their answers, and what nobody could choose between.
    pub asked: Vec<VertexId>,
    /// Targets that it builds with `BUILD`, and where the command stands, in order.
    pub builds: Vec<(Arc<Key>, Span)>,
    /// Targets that it takes data from (`FROM`, `COPY`), in order.
    pub uses: Vec<Arc<Key>>,
    /// The moment at which its evaluation was over.
    pub moment: Moment,
}
