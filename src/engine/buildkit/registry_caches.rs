//! Caches in registries: results are taken from them, and put there.

use super::driver::BuildKit;
use super::entry::Entry;
use super::job::Job;
use super::lower::Lowered;
use super::session::Session;
use super::solve::Build;
use crate::digest::VertexId;
use crate::engine::docker::ImageStore;
use crate::engine::{EngineError, Observer, RegistryCache};
use crate::graph::{Graph, Output};
use futures_util::future::join_all;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How long a registry may take to tell whether it has a cache.
const LIMIT: Duration = Duration::from_secs(20);
/// The one attribute that matters for reading.
const INSECURE: &str = "registry.insecure";

impl BuildKit {
    /// The caches that builds take results from.
    pub(super) fn imports(&self) -> Vec<Entry> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes results from a cache from now on, if it is there.
    ///
    /// Builds name it by its digest: an engine that cannot reach a registry would spend its patience in each build anew, all builds see
    /// the same cache while others replace it, and old image stores would look into an image of their own that has the name.
    pub(super) async fn import(&self, cache: &RegistryCache) -> Result<bool, EngineError> {
        let name = &cache.name;
        let looking = async {
            let credentials = self.offer.settings.keychain.credentials(name.registry()).await;
            let credentials = credentials.map_err(|error| EngineError::Other(error.to_string()))?;
            self.docker.digest(name, &credentials).await
        };
        let looked = tokio::time::timeout(LIMIT, looking).await;
        let looked = looked.map_err(|_| EngineError::Other(format!("no answer within {} s", LIMIT.as_secs())))?;
        let Some(digest) = looked? else { return Ok(false) };
        let attributes = cache.attributes.iter().filter(|(key, _)| *key == INSECURE);
        let attributes = attributes.map(|(key, value)| (key.clone(), value.clone())).collect();
        let entry = Entry::registry(&format!("{}/{}@{digest}", name.registry(), name.repository()), &attributes);
        self.read.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        Ok(true)
    }

    /// Sees to it that a probe compares what it finds with the caches of registries, by content. Gives the steps to ask about where a
    /// goal is not cached: what they find there is in the engine's own cache afterwards, where each of their builds finds it.
    pub(super) async fn prepare_to_import(
        &self,
        graph: &Graph,
        goals: &[VertexId],
    ) -> Result<Vec<Lowered>, EngineError> {
        if self.imports().is_empty() {
            return Ok(Vec::new());
        }
        if self.contexts.are_used() {
            let files = Arc::new(self.read_anew().await?);
            self.files.lock().unwrap_or_else(PoisonError::into_inner).push(files);
        }
        let below = graph.closure(goals.iter().copied());
        let steps = below.iter().filter(|vertex| vertex.op.is_step() && !goals.contains(&vertex.id));
        let lowering = steps.map(|step| self.lower(graph, Output { vertex: step.id, index: 0 }));
        // Whoever runs what cannot be lowered will see why.
        Ok(join_all(lowering).await.into_iter().flatten().collect())
    }

    /// Whether the engine writes caches of their own.
    pub(super) fn may_export(&self) -> Result<(), EngineError> {
        match self.docker.image_store() {
            ImageStore::Containerd => Ok(()),
            ImageStore::Classic => Err(EngineError::Unsupported {
                feature: "`--remote-cache` with `--push`".to_owned(),
                engine: self.docker.describe(),
                needs: "it needs the containerd image store".to_owned(),
            }),
        }
    }

    /// A session that gives build contexts to a build whose results become a cache.
    ///
    /// What is made of a context is found by the session that gave it, or else by the content. Only the latter means something to others,
    /// and the engine looks for it, and tells it, only where the former is unknown.
    pub(super) async fn read_anew(&self) -> Result<Session, EngineError> {
        Session::open(&self.link.address, &self.offer.settings.client, self.offer.for_contexts()).await
    }

    /// Puts results into a registry as a cache of its own.
    pub(super) async fn export_cache(
        &self,
        graph: &Graph,
        results: &[Output],
        cache: &RegistryCache,
        observer: &Arc<dyn Observer>,
    ) -> Result<(), EngineError> {
        self.may_export()?;
        let files = self.read_anew().await?;
        let mut whole = Lowered::empty();
        let mut definitions = Vec::new();
        for result in results {
            let lowered = self.lower_for(graph, *result, &files).await?;
            definitions.push(lowered.definition.clone());
            whole.serve_too(lowered);
        }
        let exports = vec![Entry::registry(&cache.name.normalized(), &cache.attributes)];
        let build = Build { exports, ..self.build_of(&whole) };
        self.attempt(
            graph,
            &whole,
            &Job::WriteCache(build, definitions, self.docker.platform().clone()),
            None,
            observer,
        )
        .await
        .map(drop)
    }
}
