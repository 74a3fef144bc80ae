//! What a step outside of the engine's builds reads, as images of the engine's store, and the key that follows from it.

use super::driver::BuildKit;
use super::export;
use super::job::Job;
use super::lower::Lowered;
use super::private::PrivateNames;
use super::solve::Build;
use super::status::Report;
use super::step_surroundings::Surroundings;
use crate::engine::docker::Credentials;
use crate::engine::docker::inner::{Content, Key, LoadedImage};
use crate::engine::{EngineError, Observer};
use crate::graph::encode;
use crate::graph::image::{ConfigPatch, ImageState};
use crate::graph::op::{DockerStep, InnerContent};
use crate::graph::{Graph, ImageSource, Output};
use crate::image_name::{ImageName, InvalidImageName};
use crate::platform::Platform;
use futures_util::future::try_join_all;
use std::sync::Arc;

/// On whose behalf images are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A step is about to run.
    Run,
    /// Somebody asks what is cached: nothing may run, and nothing is pulled.
    Probe,
}

/// A step whose inputs are images of the engine's store.
pub(super) struct Prepared {
    /// The names that these images have for now.
    pub(super) names: PrivateNames,
    /// The image that the step runs on.
    pub(super) state: String,
    /// The images that its daemon gets.
    pub(super) images: Vec<LoadedImage>,
    /// Where its process runs.
    pub(super) around: Surroundings,
    /// The key of its result.
    pub(super) key: Key,
}

impl BuildKit {
    /// Makes images of the engine's store of all that a step reads.
    pub(super) async fn prepare(
        &self,
        graph: &Arc<Graph>,
        step: &DockerStep,
        purpose: Purpose,
        observer: &Arc<dyn Observer>,
    ) -> Result<Prepared, EngineError> {
        let exec = &step.exec;
        let Some(root) = exec.root else {
            return Err(EngineError::Other("a WITH DOCKER step needs a file system with `/bin/sh`".to_owned()));
        };
        let around = self.surroundings(graph, exec).await?;
        let mut names = PrivateNames::new(&self.docker, &self.dropped);
        let state = names.add();
        self.store(graph, Some(root), state_config(&exec.platform, &state), &state, purpose, observer).await?;
        let layers = self.content(&state, &exec.platform).await?.layers;
        let mut wanted = step.images.clone();
        for image in self.compose_images(graph, step, &around).await? {
            if !wanted.iter().any(|known| known.name == image.name) {
                wanted.push(image);
            }
        }
        let bringing = wanted.iter().map(|image| (image, names.add())).map(|(image, source)| async move {
            let platform = match &image.content {
                InnerContent::Built(state) => {
                    let config = self.config_for(graph, state).await?;
                    self.store(graph, state.root, config, &source, purpose, observer).await?;
                    &state.platform
                }
                InnerContent::Pulled(image) => {
                    self.bring(image, &source, purpose).await?;
                    &image.platform
                }
            };
            let content = self.content(&source, platform).await?.digest().hex();
            Ok::<_, EngineError>(LoadedImage { source, content, name: name(&image.name)?.familiar() })
        });
        let images = try_join_all(bringing.collect::<Vec<_>>()).await?;
        let key = Key {
            own: encode::exec_own(exec).hex(),
            layers,
            env: around.env.clone(),
            workdir: around.workdir.clone(),
            user: around.user.clone(),
            images: images.iter().map(|image| (image.name.clone(), image.content.clone())).collect(),
            compose: step.compose.as_ref().map(|compose| (compose.files.clone(), compose.services.clone())),
        };
        Ok(Prepared { names, state, images, around, key })
    }

    /// The configuration of an image that a target makes.
    pub(super) async fn config_for(&self, graph: &Graph, state: &ImageState) -> Result<String, EngineError> {
        let base = match state.image {
            Some(id) => Some(self.whole_config_of(graph, id).await?),
            None => None,
        };
        export::image_config(base.as_deref().map(Vec::as_slice), &state.patch, &state.platform)
    }

    /// Puts a result into the engine's store, under a name.
    pub(super) async fn store(
        &self,
        graph: &Arc<Graph>,
        root: Option<Output>,
        config: String,
        name: &str,
        purpose: Purpose,
        observer: &Arc<dyn Observer>,
    ) -> Result<(), EngineError> {
        let lowered = match root {
            Some(root) => self.lower(graph, root).await?,
            None => Lowered::empty(),
        };
        let build = Build {
            exporter: "moby".to_owned(),
            attributes: [("name".to_owned(), name.to_owned())].into(),
            ..self.build_of(&lowered)
        };
        if purpose == Purpose::Run {
            let job = Job::StoreImage(build, config);
            return self.attempt(graph, &lowered, &job, None, observer).await.map(drop);
        }
        let job = Job::StoreImage(Build { session: self.refusals.id().to_owned(), ..build }, config);
        let _contexts = self.contexts.register(&lowered.contexts, Some(observer));
        let mut report = Report::new(lowered.vertices.clone(), None, Arc::clone(observer));
        let stored = job.perform(&self.link, &lowered, &mut report).await;
        stored.map(drop).map_err(|status| self.fault(&status, &[]))
    }

    /// Gives an image of the store, or else of its registry, one more name.
    async fn bring(&self, image: &ImageSource, as_name: &str, purpose: Purpose) -> Result<(), EngineError> {
        let known = name(&image.reference)?;
        if purpose == Purpose::Run {
            self.fetch(image).await?;
        } else if self.docker.content(&known, &image.platform).await?.is_none() {
            return Err(missing(&image.reference, &image.platform));
        }
        self.docker.tag(&known, &name(as_name)?).await
    }

    /// Pulls an image that the store does not have.
    pub(super) async fn fetch(&self, image: &ImageSource) -> Result<(), EngineError> {
        let known = name(&image.reference)?;
        if self.docker.content(&known, &image.platform).await?.is_some() {
            return Ok(());
        }
        let credentials = self.offer.settings.keychain.credentials(known.registry()).await;
        let credentials = credentials.unwrap_or_else(|error| {
            tracing::debug!(%error, "pulling without a login");
            Credentials::Anonymous
        });
        self.docker.pull(&known, &image.platform, &credentials).await
    }

    async fn content(&self, image: &str, platform: &Platform) -> Result<Content, EngineError> {
        self.docker.content(&name(image)?, platform).await?.ok_or_else(|| missing(image, platform))
    }
}

/// Reads an image's name.
pub(super) fn name(text: &str) -> Result<ImageName, EngineError> {
    text.parse().map_err(|error: InvalidImageName| EngineError::Other(error.to_string()))
}

fn missing(image: &str, platform: &Platform) -> EngineError {
    EngineError::Image {
        image: image.to_owned(),
        platform: platform.to_string(),
        message: "it is not in the engine's store".to_owned(),
    }
}

/// The configuration of the image that a step runs on: nothing that would start anything, and no volume, whose content would be lost.
pub(super) fn state_config(platform: &Platform, name: &str) -> String {
    let labels = [("dev.rbuild.kind", "state"), ("dev.rbuild.name", name)];
    let patch = ConfigPatch {
        labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect(),
        ..ConfigPatch::default()
    };
    export::image_config(None, &patch, platform).expect("there is no base that could be wrong")
}
