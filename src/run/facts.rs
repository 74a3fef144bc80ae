//! What evaluation has to ask the world, through one narrow trait.

use crate::engine::{Engine, EngineError};
use crate::graph::ImageSource;
use crate::graph::image::ImageConfig;
use crate::run::repositories::Repositories;
use crate::workspace::{Address, Asker, Git, RemoteError};
use async_trait::async_trait;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{Mutex, OnceCell};

/// Answers that are known only when a build runs.
#[async_trait]
pub trait Facts: Send + Sync {
    /// The configuration of an image; `None` where nobody may be asked (`rbuild plan`), so that a placeholder must stand for it.
    async fn image_config(&self, image: &ImageSource) -> Result<Option<Arc<ImageConfig>>, EngineError>;

    /// What git knows about a directory.
    async fn git(&self, dir: &Path) -> Git {
        let dir = dir.to_owned();
        tokio::task::spawn_blocking(move || Git::of(&dir)).await.expect("asking git does not panic")
    }

    /// The directory of a clone's tree; `None` where nobody may be asked.
    async fn clone_of(&self, repositories: Arc<Repositories>, clone: Cloned) -> Result<Option<PathBuf>, RemoteError> {
        let fetch = move || repositories.clone_of(&clone.address, clone.branch.as_deref(), &clone.asker);
        tokio::task::spawn_blocking(fetch).await.expect("fetching does not panic")
    }
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

    async fn clone_of(&self, _: Arc<Repositories>, _: Cloned) -> Result<Option<PathBuf>, RemoteError> {
        Ok(None)
    }
}

type Cell = Arc<OnceCell<Arc<ImageConfig>>>;

/// Facts from an engine, each asked once.
pub struct FromEngine {
    engine: Arc<dyn Engine>,
    configs: Mutex<HashMap<(String, String), Cell>>,
}

impl FromEngine {
    /// Asks this engine.
    #[must_use]
    pub fn new(engine: Arc<dyn Engine>) -> Self {
        Self { engine, configs: Mutex::default() }
    }
}

#[async_trait]
impl Facts for FromEngine {
    async fn image_config(&self, image: &ImageSource) -> Result<Option<Arc<ImageConfig>>, EngineError> {
        let key = (image.reference.clone(), image.platform.to_string());
        let cell = self.configs.lock().await.entry(key).or_default().clone();
        let config = cell.get_or_try_init(|| async { self.engine.image_config(image).await.map(Arc::new) }).await?;
        Ok(Some(config.clone()))
    }
}
