//! What evaluation has to ask the world, through one narrow trait.

use super::failure::BuildError;
use super::host::HostAnswer;
use crate::digest::VertexId;
use crate::engine::EngineError;
use crate::event::Failure;
use crate::graph::dockerfile::{Dockerfile, Translation};
use crate::graph::image::ImageConfig;
use crate::graph::{Graph, ImageSource, Op, Output, Plan};
use crate::image_name::ImageName;
use crate::run::repositories::Repositories;
use crate::workspace::{Address, Asker, Checkout, Git, RemoteError};
use async_trait::async_trait;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Answers that are known only when a build runs.
#[async_trait]
pub trait Facts: Send + Sync {
    /// The configuration of an image; `None` where nobody may be asked (`rbuild plan`), so that a placeholder must stand for it.
    async fn image_config(&self, image: &ImageSource) -> Result<Option<Arc<ImageConfig>>, EngineError>;

    /// What a Dockerfile means; `None` where nobody may be asked.
    async fn translate(&self, _file: &Dockerfile) -> Result<Option<Translation>, EngineError> {
        Ok(None)
    }

    /// The top of the repository that a directory lies in.
    fn git_top(&self, dir: &Path) -> Option<PathBuf> {
        Git::top(dir)
    }

    /// What git knows about a directory.
    async fn git(&self, dir: &Path) -> Git {
        let dir = dir.to_owned();
        tokio::task::spawn_blocking(move || Git::of(&dir)).await.expect("asking git does not panic")
    }

    /// A clone's tree; `None` where nobody may be asked.
    async fn clone_of(&self, repositories: Arc<Repositories>, clone: Cloned) -> Result<Option<Checkout>, RemoteError> {
        let wanted = clone.clone();
        let fetch = move || repositories.clone_of(&wanted.address, wanted.branch.as_deref(), &wanted.asker);
        let checkout = tokio::task::spawn_blocking(fetch).await.expect("fetching does not panic")?;
        if let Some(Checkout { commit, .. }) = &checkout {
            self.saw(Sight::Clone { clone: &clone, commit });
        }
        Ok(checkout)
    }

    /// Takes notice of what evaluation depends on and has not asked here.
    fn saw(&self, _sight: Sight<'_>) {}

    /// Brings a result about and reads a file of it, by its absolute path; `None` where nothing may run.
    async fn read(&self, _graph: &Arc<Graph>, _output: Output, _path: &str) -> Result<Option<Vec<u8>>, BuildError> {
        Ok(None)
    }

    /// The same, only where the result is there already.
    async fn recall(&self, _graph: &Arc<Graph>, _output: Output, _path: &str) -> Option<Vec<u8>> {
        None
    }

    /// Runs a step that succeeds in any case and leaves its process's exit code in a file of `output`. `None` where nothing may run.
    async fn attempt(&self, _graph: &Arc<Graph>, _output: Output, _path: &str) -> Result<Option<Attempt>, BuildError> {
        Ok(None)
    }

    /// Runs a `WITH DOCKER` step that keeps its failures. `None` where nothing may run.
    async fn attempt_with_docker(&self, _graph: &Arc<Graph>, _step: VertexId) -> Result<Option<Attempt>, BuildError> {
        Ok(None)
    }

    /// Runs a command of this machine that is asked for something; `None` where nothing may run.
    async fn ask_host(&self, _graph: &Arc<Graph>, _step: VertexId) -> Result<Option<HostAnswer>, BuildError> {
        Ok(None)
    }

    /// Runs the steps of a part of the plan, but for those that push; `false` where nothing may run.
    async fn prepare(&self, _part: &Plan) -> Result<bool, BuildError> {
        Ok(false)
    }

    /// Writes the outputs of a part that was prepared, and pushes.
    async fn complete(&self, _part: Plan) -> Result<(), BuildError> {
        Ok(())
    }

    /// Takes note of an image that may hold results of steps: one that the Buildfile pushes, or names as a cache.
    fn offer_cache(&self, _image: &ImageName, _pushed: bool) {}

    /// Whether a failure leaves alone what does not need the result.
    fn keeps_going(&self) -> bool {
        false
    }
}

/// What an evaluation depends on beside Buildfiles, arguments, and the answers of steps.
#[derive(Debug, Clone, Copy)]
pub enum Sight<'a> {
    /// A vertex came to be.
    Vertex(&'a Op),
    /// A file was read.
    File {
        /// The file.
        path: &'a Path,
        /// What it holds.
        text: &'a str,
    },
    /// A reference with wildcards was resolved.
    Pattern {
        /// The directory of the file that says so.
        from: &'a Path,
        /// What is written.
        pattern: &'a str,
        /// The directories that it means, as references would name them.
        found: &'a [String],
    },
    /// Git was asked about a directory.
    Git {
        /// The directory.
        dir: &'a Path,
        /// What it said.
        git: &'a Git,
    },
    /// A repository was cloned.
    Clone {
        /// Which.
        clone: &'a Cloned,
        /// The commit that its branch or tag is.
        commit: &'a str,
    },
}

/// How a step ended that could not fail.
#[derive(Debug, Clone)]
pub enum Attempt {
    /// Its process succeeded.
    Passed,
    /// Its process failed, which has been told.
    Failed(Arc<Failure>),
}

/// A repository that a Buildfile clones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloned {
    /// Its address.
    pub address: Address,
    /// A branch, a tag or a commit; `None` is the default branch.
    pub branch: Option<String>,
    /// Whose file says so.
    pub asker: Asker,
}

/// Facts of a plan: nothing is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unknown;

#[async_trait]
impl Facts for Unknown {
    async fn image_config(&self, _image: &ImageSource) -> Result<Option<Arc<ImageConfig>>, EngineError> {
        Ok(None)
    }

    async fn clone_of(&self, _: Arc<Repositories>, _: Cloned) -> Result<Option<Checkout>, RemoteError> {
        Ok(None)
    }
}
