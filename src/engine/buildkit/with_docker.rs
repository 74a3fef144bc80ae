//! `WITH DOCKER` steps: what they read becomes images of the engine's store, and so does what they make.
//!
//! The step itself is run by [`inner`], beside BuildKit. Here are its result's key, its gate, and its place in the graph.

use super::driver::BuildKit;
use super::export;
use super::gateway;
use super::job::Job;
use super::lower::{Lowered, environment};
use super::private::{self, PrivateNames};
use super::solve::Build;
use super::status::Report;
use crate::digest::VertexId;
use crate::engine::docker::Credentials;
use crate::engine::docker::inner::{self, ComposeFile, Content, Key, LoadedImage, Process, Step, Variables};
use crate::engine::docker::kit::{self, Kit};
use crate::engine::{Answer, Engine as _, EngineError, Observer, Progress};
use crate::graph::encode;
use crate::graph::image::{ConfigPatch, ImageConfig, ImageState};
use crate::graph::op::{DockerStep, Exec, InnerContent, InnerImage, MountKind};
use crate::graph::{Graph, ImageSource, Op, Output, Vertex};
use crate::image_name::{ImageName, InvalidImageName};
use crate::platform::Platform;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long exported images may wait at the gate; others take them for left behind some time later.
const FRESH: Duration = Duration::from_secs(30 * 60);

/// On whose behalf images are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// A step is about to run.
    Run,
    /// Somebody asks what is cached: nothing may run, and nothing is pulled.
    Probe,
}

/// A step whose inputs are images of the engine's store.
struct Prepared {
    /// The names that these images have for now.
    names: PrivateNames,
    state: String,
    images: Vec<LoadedImage>,
    key: Key,
}

impl BuildKit {
    /// Brings about the result of a step: finds it, or runs the step.
    pub(super) async fn run_with_docker(
        &self,
        graph: &Arc<Graph>,
        vertex: &Vertex,
        step: &DockerStep,
        observer: &Arc<dyn Observer>,
    ) -> Result<(), EngineError> {
        let id = vertex.id;
        if vertex.options.uncached && self.result(&id).is_some() {
            observer.progress(id, Progress::Cached);
            return Ok(());
        }
        let mut prepared = self.prepare(graph, step, Purpose::Run, observer).await?;
        let begun = Instant::now();
        if !vertex.options.uncached && self.find(id, &prepared.key, observer).await? {
            prepared.names.forget().await;
            return Ok(());
        }
        if observer.gate(id).await == Answer::Refuse {
            prepared.names.forget().await;
            return Err(EngineError::Refused);
        }
        if begun.elapsed() > FRESH {
            prepared.names.forget().await;
            prepared = self.prepare(graph, step, Purpose::Run, observer).await?;
        }
        // Another client may have run it meanwhile.
        if !vertex.options.uncached && self.find(id, &prepared.key, observer).await? {
            prepared.names.forget().await;
            return Ok(());
        }
        observer.progress(id, Progress::Started);
        let tag = prepared.key.tag();
        let mut process = self.process(&step.exec, &prepared.key)?;
        let kit = self.kit(graph, &step.exec, &process.env).await?;
        if let Some(kit) = &kit {
            process.prepend_path(&kit.path);
        }
        let ready = Step {
            state: prepared.state,
            process,
            images: prepared.images,
            compose: step.compose.clone(),
            root: observer.data_root(id),
            result: (inner::RESULTS.to_owned(), tag.clone()),
            client: self.offer.settings.client.clone(),
            kit,
        };
        let ran = inner::run(&self.docker, &ready, id, observer).await;
        prepared.names.forget().await;
        ran?;
        private::forget_old(&self.docker).await;
        self.remember(id, &tag);
        observer.progress(id, Progress::Completed);
        Ok(())
    }

    /// Finds the results of the steps below these goals that are there already. Runs nothing.
    pub(super) async fn find_with_docker(&self, graph: &Arc<Graph>, goals: &[VertexId], observer: &Arc<dyn Observer>) {
        for vertex in graph.closure(goals.iter().copied()) {
            let Op::Docker(step) = &vertex.op else { continue };
            if vertex.options.uncached || self.result(&vertex.id).is_some() {
                continue;
            }
            let finding = async {
                if !self.inputs_are_cached(graph, &vertex, observer).await? {
                    return Ok(false);
                }
                let prepared = self.prepare(graph, step, Purpose::Probe, observer).await?;
                let found = self.find(vertex.id, &prepared.key, observer).await;
                prepared.names.forget().await;
                found
            };
            // Whoever runs it will see why.
            let found: Result<bool, EngineError> = finding.await;
            if let Err(error) = found {
                tracing::debug!(%error, vertex = %vertex.id, "not cached");
            }
        }
    }

    async fn inputs_are_cached(
        &self,
        graph: &Arc<Graph>,
        vertex: &Vertex,
        observer: &Arc<dyn Observer>,
    ) -> Result<bool, EngineError> {
        let inputs = vertex.dependencies();
        Ok(self.ask(graph, &inputs, observer).await?.into_iter().all(|cached| cached))
    }

    /// Whether a result is in the engine's store; remembers it if so.
    async fn find(&self, id: VertexId, key: &Key, observer: &Arc<dyn Observer>) -> Result<bool, EngineError> {
        let tag = key.tag();
        let found = self.docker.image_exists(&name(&format!("{}:{tag}", inner::RESULTS))?).await?;
        if found {
            self.remember(id, &tag);
            observer.progress(id, Progress::Cached);
        }
        Ok(found)
    }

    fn remember(&self, id: VertexId, tag: &str) {
        self.results
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .insert(id, format!("{}:{tag}", inner::RESULTS));
    }

    fn result(&self, id: &VertexId) -> Option<String> {
        self.results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(id).cloned()
    }

    /// Makes images of the engine's store of all that a step reads.
    async fn prepare(
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
        let image = match exec.image {
            Some(id) => self.config_of(graph, id).await?,
            None => ImageConfig::default(),
        };
        let mut names = PrivateNames::new(&self.docker);
        let state = names.add();
        self.store(graph, Some(root), state_config(&exec.platform, &state), &state, purpose, observer).await?;
        let layers = self.content(&state, &exec.platform).await?.layers;
        let workdir = exec.workdir.clone().unwrap_or_else(|| image.working_dir.clone());
        let around = Surroundings {
            env: environment(&image, &exec.env),
            workdir: if workdir.is_empty() { "/".to_owned() } else { workdir },
        };
        let mut wanted = step.images.clone();
        for image in self.compose_images(graph, step, &around).await? {
            if !wanted.iter().any(|known| known.name == image.name) {
                wanted.push(image);
            }
        }
        let mut images = Vec::new();
        for image in &wanted {
            let source = names.add();
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
            images.push(LoadedImage { source, content, name: name(&image.name)?.familiar() });
        }
        let key = Key {
            own: encode::exec_own(exec).hex(),
            layers,
            env: around.env,
            workdir: around.workdir,
            user: exec.user.clone().unwrap_or_else(|| image.user.clone()),
            images: images.iter().map(|image| (image.name.clone(), image.content.clone())).collect(),
            compose: step.compose.as_ref().map(|compose| (compose.files.clone(), compose.services.clone())),
        };
        Ok(Prepared { names, state, images, key })
    }

    /// The configuration of an image that a target makes.
    pub(super) async fn config_for(&self, graph: &Graph, state: &ImageState) -> Result<String, EngineError> {
        let base = match state.image {
            Some(id) => Some(self.whole_config_of(graph, id).await?),
            None => None,
        };
        export::image_config(base.as_deref().map(Vec::as_slice), &state.patch, &state.platform)
    }

    /// Puts a result into the engine's store.
    async fn store(
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
        if self.docker.content(&known, &image.platform).await?.is_none() {
            if purpose == Purpose::Probe {
                return Err(missing(&image.reference, &image.platform));
            }
            let credentials = self.offer.settings.keychain.credentials(known.registry()).await;
            let credentials = credentials.unwrap_or_else(|error| {
                tracing::debug!(%error, "pulling without a login");
                Credentials::Anonymous
            });
            self.docker.pull(&known, &image.platform, &credentials).await?;
        }
        self.docker.tag(&known, &name(as_name)?).await
    }

    async fn content(&self, image: &str, platform: &Platform) -> Result<Content, EngineError> {
        self.docker.content(&name(image)?, platform).await?.ok_or_else(|| missing(image, platform))
    }

    /// A daemon for a step whose file system has none.
    async fn kit(&self, graph: &Arc<Graph>, exec: &Exec, env: &[String]) -> Result<Option<Kit>, EngineError> {
        let Some(root) = exec.root else { return Ok(None) };
        let lowered = self.lower(graph, root).await?;
        let build = self.build_of(&lowered);
        let files = inner::search_path(env).split(':').map(|dir| format!("{dir}/dockerd")).collect::<Vec<_>>();
        if gateway::has_any(&self.link, build, lowered.definition, &files)
            .await
            .map_err(|status| self.fault(&status, &[]))?
        {
            return Ok(None);
        }
        kit::provide(&self.docker, &self.offer.settings.dockerd_image).await.map(Some)
    }

    /// The images that compose files name, under the names that the files give them.
    async fn compose_images(
        &self,
        graph: &Arc<Graph>,
        step: &DockerStep,
        process: &Surroundings,
    ) -> Result<Vec<InnerImage>, EngineError> {
        let (Some(compose), Some(root)) = (&step.compose, step.exec.root) else { return Ok(Vec::new()) };
        let mut files = Vec::new();
        for file in &compose.files {
            let path = beneath(&process.workdir, file);
            files.push(ComposeFile { name: file.clone(), text: self.text(graph, root, &path).await? });
        }
        let first = compose.files.first().map(|file| beneath(&process.workdir, file)).unwrap_or_default();
        let directory = first.rsplit_once('/').map_or("", |(directory, _)| directory);
        let defaults = match self.text(graph, root, &format!("{directory}/.env")).await {
            Ok(text) => text,
            Err(EngineError::NotFound { .. }) => String::new(),
            Err(error) => return Err(error),
        };
        let variables = Variables::new(&process.env, &defaults);
        let images = inner::compose_images(&files, &variables, &compose.services)?;
        let images = images.into_iter().map(|image| {
            let name = name(&image)?.normalized();
            let source = ImageSource { reference: name.clone(), platform: compose.platform.clone() };
            Ok(InnerImage { name, content: InnerContent::Pulled(source) })
        });
        images.collect()
    }

    async fn text(&self, graph: &Arc<Graph>, root: Output, path: &str) -> Result<String, EngineError> {
        let bytes = self.read_file(graph, root, path).await?;
        String::from_utf8(bytes).map_err(|_| EngineError::Other(format!("`{path}` is not text")))
    }

    /// The process of a step, with its secrets.
    fn process(&self, exec: &Exec, key: &Key) -> Result<Process, EngineError> {
        let files = exec.mounts.iter().filter_map(|mount| match &mount.kind {
            MountKind::Secret { id, optional, .. } => Some((id, *optional)),
            _ => None,
        });
        if exec.mounts.iter().any(|mount| matches!(mount.kind, MountKind::Bind { .. } | MountKind::Scratch)) {
            return Err(EngineError::Other(
                "a WITH DOCKER step mounts no files of other targets; use `COPY`".to_owned(),
            ));
        }
        let variables = exec.secret_env.iter().map(|(_, id)| (id, false));
        let mut secrets = Vec::new();
        for (id, optional) in files.chain(variables) {
            match (self.offer.services.secrets)(id) {
                Some(secret) => secrets.push((id.clone(), secret)),
                None if optional => {}
                None => return Err(EngineError::Secret { id: id.clone() }),
            }
        }
        Ok(Process {
            command: exec.command.clone(),
            env: key.env.clone(),
            workdir: key.workdir.clone(),
            user: key.user.clone(),
            mounts: exec.mounts.clone(),
            secrets,
            secret_env: exec.secret_env.clone(),
            hosts: exec.hosts.clone(),
        })
    }
}

/// Where a process runs.
struct Surroundings {
    env: Vec<String>,
    workdir: String,
}

/// A path in a directory, unless it is absolute.
fn beneath(directory: &str, path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", directory.trim_end_matches('/')) }
}

fn name(text: &str) -> Result<ImageName, EngineError> {
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
fn state_config(platform: &Platform, name: &str) -> String {
    let labels = [("dev.rbuild.kind", "state"), ("dev.rbuild.name", name)];
    let patch = ConfigPatch {
        labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect(),
        ..ConfigPatch::default()
    };
    export::image_config(None, &patch, platform).expect("there is no base that could be wrong")
}
