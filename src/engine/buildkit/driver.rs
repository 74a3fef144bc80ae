//! The engine that everybody gets: BuildKit in Docker.

use super::capabilities::Capabilities;
use super::context::Contexts;
use super::failure;
use super::frontend;
use super::gates::Gates;
use super::gateway;
use super::image::Images;
use super::job::Job;
use super::keep::Passing;
use super::link::Link;
use super::lower::{Lowered, Lowering, ends, lower};
use super::offer::Offer;
use super::private::Dropped;
use super::probe;
use super::receive::{self, ReceiveService};
use super::resolve::Resolve;
use super::session::Session;
use super::solve::{Build, Response};
use super::status::Report;
use super::unfold;
use super::unique;
use crate::digest::VertexId;
use crate::engine::docker::registry::{Part, push_index};
use crate::engine::docker::{Docker, Keychain, inner};
use crate::engine::{Console, DataRoot, Engine, EngineError, Observer, Services};
use crate::graph::dockerfile::{Dockerfile, LlbOp, Translation};
use crate::graph::image::ImageConfig;
use crate::graph::image::ImageState;
use crate::graph::op::ByHand;
use crate::graph::{Exec, Graph, ImageSource, Op, Output};
use crate::image_name::{ImageName, InvalidImageName};
use crate::platform::Platform;
use async_trait::async_trait;
use bollard_buildkit_proto::moby::buildkit::v1::frontend::{FileRange, PingRequest, ReadFileRequest};
use bollard_buildkit_proto::moby::filesync::packet::file_send_server::FileSendServer;
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tonic::Status;

/// How long tidying up at the end may take; another client does what is left.
const TIDYING: Duration = Duration::from_secs(10);
/// How often a build is tried when the engine fails for reasons of its own.
const TRIES: u32 = 4;
/// How long a step is tried again that somebody else refuses, from the first time on.
const ELSEWHERE: Duration = Duration::from_secs(20);
/// The largest file that [`Engine::read_file`] gives, in bytes.
const LARGEST_FILE: usize = 16 * 1024 * 1024;

/// What a connection needs to know besides.
#[derive(Clone)]
pub struct Settings {
    /// A name that the same client machine always gives: the engine's copies of build contexts are found by it.
    pub client: String,
    /// Logins for registries.
    pub keychain: Keychain,
    /// The image that gives a Docker daemon to `WITH DOCKER` steps whose own image has none.
    pub dockerd_image: String,
    /// Where images are looked up.
    pub resolve: Resolve,
    /// Where the data of `WITH DOCKER --cache-id` daemons is kept.
    pub roots: inner::RootChoice,
}

/// A connection to Docker's BuildKit, with the sessions that serve it.
pub struct BuildKit {
    pub(super) docker: Docker,
    pub(super) link: Link,
    pub(super) capabilities: Capabilities,
    pub(super) gates: Arc<Gates>,
    pub(super) contexts: Arc<Contexts>,
    images: Images,
    /// The images that are the results of steps that no build of the engine runs.
    pub(super) results: Mutex<HashMap<VertexId, String>>,
    /// Names of images that nobody needs any more.
    pub(super) dropped: Dropped,
    /// What is there for this connection only.
    pub(super) passing: Mutex<Vec<Passing>>,
    /// How those steps ended that keep their failures, and failed.
    pub(super) failures: Mutex<HashMap<VertexId, i32>>,
    /// Where the data of `--cache-id` daemons lies.
    pub(super) places: inner::Places,
    /// What is served, and this connection's name: steps that are never cached carry it.
    pub(super) offer: Offer,
    /// Serves gates, secrets and credentials.
    steps: Session,
    /// The same with all gates refused, for probes.
    pub(super) refusals: Session,
    /// Serves build contexts. The engine reads a context once in a session, and this one lasts: what was built of a context agrees with
    /// all else that is built of it.
    files: Session,
}

impl BuildKit {
    /// Connects and opens the sessions.
    ///
    /// # Errors
    /// [`EngineError::Connection`] when the engine does not answer as BuildKit does.
    pub async fn connect(docker: Docker, services: Services, settings: Settings) -> Result<Self, EngineError> {
        let gates = Arc::new(Gates::default());
        let contexts = Arc::new(Contexts::new(services.clone()));
        let nonce = unique::name();
        let (gates_too, contexts_too) = (Arc::clone(&gates), Arc::clone(&contexts));
        let met = Arc::new(Gates::default());
        let offer = Offer { services, gates: gates_too, met, contexts: contexts_too, settings, nonce };
        let key = &offer.settings.client;
        let link = Link::open(docker.address().clone()).await?;
        let (capabilities, steps, refusals, files) = tokio::try_join!(
            capabilities(&link),
            Session::open(&link.address, key, offer.for_steps()),
            Session::open(&link.address, key, offer.for_the_probe()),
            Session::open(&link.address, key, offer.for_contexts()),
        )?;
        Ok(Self {
            docker,
            link,
            capabilities,
            gates,
            contexts,
            images: Images::default(),
            results: Mutex::default(),
            dropped: Dropped::default(),
            passing: Mutex::default(),
            failures: Mutex::default(),
            places: inner::Places::new(offer.settings.roots.clone()),
            offer,
            steps,
            refusals,
            files,
        })
    }

    /// The part of the graph below one result, in the engine's terms.
    pub(super) async fn lower(&self, graph: &Graph, goal: Output) -> Result<Lowered, EngineError> {
        let results = self.results.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut configs = HashMap::new();
        for vertex in graph.closure_down_to([goal.vertex], |id| ends(graph, &results, id)) {
            let Op::Exec(exec) = &vertex.op else { continue };
            let Some(id) = exec.image.filter(|id| !configs.contains_key(id)) else { continue };
            configs.insert(id, self.config_of(graph, id).await?);
        }
        let engine = self.docker.describe();
        let with = Lowering {
            engine: &engine,
            capabilities: &self.capabilities,
            configs: &configs,
            results: &results,
            session: self.files.id(),
            nonce: &self.offer.nonce,
            resolve: self.offer.settings.resolve,
        };
        lower(graph, goal, &with)
    }

    pub(super) async fn config_of(&self, graph: &Graph, id: VertexId) -> Result<ImageConfig, EngineError> {
        self.image_config(image_of(graph, id)?).await
    }

    /// The whole configuration of an image of the graph, as JSON.
    pub(super) async fn whole_config_of(&self, graph: &Graph, id: VertexId) -> Result<Arc<Vec<u8>>, EngineError> {
        self.images.config(&self.link, self.steps.id(), image_of(graph, id)?, self.offer.settings.resolve).await
    }

    pub(super) fn fault(&self, status: &Status, images: &[ImageSource]) -> EngineError {
        failure::read(status, &self.docker.describe(), images)
    }

    /// The id of the session that serves secrets and agents.
    pub(super) fn session(&self) -> &str {
        self.steps.id()
    }

    /// A build that brings about what was lowered.
    pub(super) fn build_of(&self, lowered: &Lowered) -> Build {
        Build { session: self.steps.id().to_owned(), entitlements: lowered.entitlements.clone(), ..Build::default() }
    }

    /// Does a job, again where the engine fails for reasons of its own. `own` is the vertex that it is done for.
    pub(super) async fn attempt(
        &self,
        graph: &Graph,
        lowered: &Lowered,
        job: &Job,
        own: Option<VertexId>,
        observer: &Arc<dyn Observer>,
    ) -> Result<Response, EngineError> {
        let contexts = self.contexts.register(&lowered.contexts, Some(observer));
        let (mut tries, mut refused) = (1, None);
        loop {
            let gates = self.gates.enter(&lowered.gates, own, observer).await;
            let mut report = Report::new(lowered.vertices.clone(), own, Arc::clone(observer));
            let status = match job.perform(&self.link, lowered, &mut report).await {
                Ok(answer) => return Ok(answer),
                Err(status) => status,
            };
            if let Some(fault) = contexts.fault() {
                return Err(EngineError::Other(fault));
            }
            drop(gates);
            let elsewhere = failure::refused_elsewhere(&status, &self.offer.nonce)
                && refused.get_or_insert_with(Instant::now).elapsed() < ELSEWHERE;
            if !elsewhere && (tries == TRIES || !failure::passes(&status)) {
                return Err(self.fault(&status, &images_of(graph, lowered)));
            }
            tracing::debug!(%status, tries, "the engine failed; trying again");
            tokio::time::sleep(Duration::from_millis(100)).await;
            tries += u32::from(!elsewhere);
        }
    }

    /// Whether a file system has at least one of these files.
    pub(super) async fn has_any(&self, graph: &Graph, root: Output, files: &[String]) -> Result<bool, EngineError> {
        let lowered = self.lower(graph, root).await?;
        let _gates = self.gates.register_reader(&lowered.gates);
        let _contexts = self.contexts.register(&lowered.contexts, None);
        let (build, images) = (self.build_of(&lowered), images_of(graph, &lowered));
        let found = gateway::has_any(&self.link, build, lowered.definition, files).await;
        found.map_err(|status| self.fault(&status, &images))
    }

    /// Tells which of the goals are cached, as far as the results of `WITH DOCKER` steps are known.
    pub(super) async fn ask(
        &self,
        graph: &Graph,
        goals: &[VertexId],
        observer: &Arc<dyn Observer>,
    ) -> Result<Vec<bool>, EngineError> {
        let (mut lowered, mut places) = (Vec::new(), Vec::new());
        for goal in goals {
            match self.lower(graph, Output { vertex: *goal, index: 0 }).await {
                Ok(goal) => {
                    places.push(Some(lowered.len()));
                    lowered.push(goal);
                }
                Err(error @ (EngineError::NoEngine { .. } | EngineError::Connection { .. })) => return Err(error),
                // Whoever runs it will see why.
                Err(error) => {
                    tracing::debug!(%error, %goal, "not cached");
                    places.push(None);
                }
            }
        }
        if lowered.is_empty() {
            return Ok(vec![false; goals.len()]);
        }
        let contexts: Vec<_> = lowered.iter().flat_map(|goal| goal.contexts.clone()).collect();
        let _contexts = self.contexts.register(&contexts, Some(observer));
        let mut gates: Vec<_> = lowered.iter().flat_map(|goal| goal.gates.clone()).collect();
        gates.sort_by(|a, b| (&a.id, a.vertex).cmp(&(&b.id, b.vertex)));
        gates.dedup();
        let _gates = self.offer.met.register_probe(&gates, observer);
        let asking = probe::probe(&self.link, self.refusals.id(), lowered.clone(), Arc::clone(observer));
        let mut answers = asking.await;
        if answers.as_ref().is_err_and(failure::is_not_entitled) {
            // The engine refuses the whole build for one goal's privilege. Without it, only that goal fails.
            lowered.iter_mut().for_each(|goal| goal.entitlements.clear());
            answers = probe::probe(&self.link, self.refusals.id(), lowered, Arc::clone(observer)).await;
        }
        let answers = answers.map_err(|status| self.fault(&status, &[]))?;
        Ok(places.into_iter().map(|place| place.is_some_and(|at| answers[at])).collect())
    }
}

fn image_of(graph: &Graph, id: VertexId) -> Result<&ImageSource, EngineError> {
    match graph.get(&id).map(|vertex| &vertex.op) {
        Some(Op::Image(image)) => Ok(image),
        _ => Err(EngineError::Other(format!("vertex {id} is no image of the graph"))),
    }
}

/// The images that a part of the graph uses.
pub(super) fn images_of(graph: &Graph, lowered: &Lowered) -> Vec<ImageSource> {
    let ops = lowered.vertices.values().filter_map(|id| graph.get(id)).map(|vertex| &vertex.op);
    ops.filter_map(|op| if let Op::Image(image) = op { Some(image.clone()) } else { None }).collect()
}

async fn capabilities(link: &Link) -> Result<Capabilities, EngineError> {
    let pong = gateway::within(link, Build::default(), None, |mut gateway| async move {
        let request = gateway.request(PingRequest {});
        gateway.client.ping(request).await
    });
    let caps = pong.await.map_err(|status| failure::read(&status, "", &[]))?.into_inner().llb_caps;
    Ok(caps.into_iter().filter(|cap| cap.enabled).map(|cap| cap.id).collect())
}

#[async_trait]
impl Engine for BuildKit {
    fn describe(&self) -> String {
        self.docker.describe()
    }

    fn endpoint(&self) -> Vec<(String, String)> {
        self.docker.address().variables()
    }

    fn lacks(&self) -> Vec<&'static str> {
        self.capabilities.lacks()
    }

    fn processors(&self) -> usize {
        self.docker.processors()
    }

    fn platform(&self) -> Platform {
        self.docker.platform().clone()
    }

    async fn image_config(&self, image: &ImageSource) -> Result<ImageConfig, EngineError> {
        #[derive(Deserialize)]
        struct Whole {
            #[serde(default)]
            config: Option<ImageConfig>,
        }
        let text = self.images.config(&self.link, self.steps.id(), image, self.offer.settings.resolve).await?;
        let whole: Whole = serde_json::from_slice(&text).map_err(|error| EngineError::Image {
            image: image.reference.clone(),
            platform: image.platform.to_string(),
            message: format!("its configuration cannot be read: {error}"),
        })?;
        Ok(whole.config.unwrap_or_default())
    }

    async fn translate(&self, file: &Dockerfile, text: &str) -> Result<Translation, EngineError> {
        frontend::translate(
            &self.link,
            self.steps.id(),
            &self.docker.describe(),
            file,
            text,
            self.offer.settings.resolve,
        )
        .await
    }

    fn process_of(&self, op: &LlbOp) -> Option<Exec> {
        unfold::unfold(op)
    }

    async fn probe(
        &self,
        graph: &Arc<Graph>,
        goals: &[VertexId],
        observer: Arc<dyn Observer>,
    ) -> Result<Vec<bool>, EngineError> {
        self.find_with_docker(graph, goals, &observer).await;
        self.ask(graph, goals, &observer).await
    }

    async fn run(&self, graph: &Arc<Graph>, vertex: VertexId, observer: Arc<dyn Observer>) -> Result<(), EngineError> {
        if let Some(of) = graph.get(&vertex)
            && let Op::Docker(step) = &of.op
        {
            return self.run_with_docker(graph, of, step, &observer).await;
        }
        if let Some(of) = graph.get(&vertex)
            && let Op::Exec(exec) = &of.op
            && let Some(by_hand) = exec.interactive
        {
            return match by_hand {
                ByHand::Lost => self.run_interactive(graph, vertex, exec, &observer).await,
                ByHand::Kept => self.run_and_keep(graph, vertex, exec, &observer).await,
            };
        }
        let lowered = self.lower(graph, Output { vertex, index: 0 }).await?;
        let build = self.build_of(&lowered);
        let job = if lowered.outputs() == 1 { Job::Solve(build) } else { Job::SolveAll(build) };
        self.attempt(graph, &lowered, &job, Some(vertex), &observer).await.map(drop)
    }

    async fn attend(&self, graph: &Arc<Graph>, exec: &Exec, console: Console) -> Result<i32, EngineError> {
        self.attend_container(graph, exec, console).await
    }

    async fn leave(&self) {
        let tidying = async {
            self.forget_passing().await;
            self.dropped.forget(&self.docker).await;
        };
        let _late = tokio::time::timeout(TIDYING, tidying).await;
    }

    async fn read_file(&self, graph: &Arc<Graph>, output: Output, path: &str) -> Result<Vec<u8>, EngineError> {
        let lowered = self.lower(graph, output).await?;
        let _gates = self.gates.register_reader(&lowered.gates);
        let contexts = self.contexts.register(&lowered.contexts, None);
        let build = self.build_of(&lowered);
        let images = images_of(graph, &lowered);
        let definition = lowered.definition;
        let reading = gateway::within(&self.link, build, None, |mut gateway| async move {
            let Some(reference) = gateway.solve(definition, false).await? else {
                return Err(Status::unknown(format!("stat {path}: no such file or directory")));
            };
            let read = gateway.request(ReadFileRequest {
                r#ref: reference.id,
                file_path: path.to_owned(),
                range: Some(FileRange { offset: 0, length: LARGEST_FILE as i64 + 1 }),
                ..ReadFileRequest::default()
            });
            Ok(gateway.client.read_file(read).await?.into_inner().data)
        });
        let reading = async {
            reading.await.map_err(|status| match self.fault(&status, &images) {
                // The engine names the path that it found behind links, or the place of its own mount.
                EngineError::NotFound { .. } => EngineError::NotFound { path: path.to_owned() },
                other => other,
            })
        };
        match reading.await {
            Ok(data) if data.len() > LARGEST_FILE => {
                Err(EngineError::Other(format!("`{path}` is larger than {} MiB", LARGEST_FILE >> 20)))
            }
            Err(error) => Err(contexts.fault().map_or(error, EngineError::Other)),
            read => read,
        }
    }

    async fn store_image(
        &self,
        graph: &Arc<Graph>,
        state: &ImageState,
        names: &[String],
        observer: Arc<dyn Observer>,
    ) -> Result<String, EngineError> {
        let config = self.config_for(graph, state).await?;
        let lowered = match state.root {
            Some(root) => self.lower(graph, root).await?,
            None => Lowered::empty(),
        };
        let build = Build {
            exporter: "moby".to_owned(),
            attributes: [("name".to_owned(), names.join(","))].into(),
            ..self.build_of(&lowered)
        };
        let job = Job::StoreImage(build, config);
        let mut response = self.attempt(graph, &lowered, &job, None, &observer).await?;
        response
            .remove("containerimage.digest")
            .ok_or_else(|| EngineError::Other(format!("the engine stored `{}` but gave no id", names.join(", "))))
    }

    async fn fetch_image(&self, image: &ImageSource) -> Result<(), EngineError> {
        self.fetch(image).await
    }

    fn exit_code(&self, vertex: VertexId) -> Option<i32> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).get(&vertex).copied()
    }

    async fn push_image(&self, name: &str) -> Result<(), EngineError> {
        let fault = |message: String| EngineError::Push { image: name.to_owned(), message };
        let image: ImageName = name.parse().map_err(|error: InvalidImageName| fault(error.to_string()))?;
        let credentials = self.offer.settings.keychain.credentials(image.registry()).await;
        self.docker.push(&image, &credentials.map_err(|error| fault(error.to_string()))?).await.map(drop)
    }

    async fn data_root_in_use(&self, root: &DataRoot) -> Result<bool, EngineError> {
        inner::data_root_in_use(&self.docker, root, &self.places).await
    }

    async fn push_index(&self, name: &str, images: &[(String, Platform)]) -> Result<(), EngineError> {
        let fault = |message: String| EngineError::Push { image: name.to_owned(), message };
        let parse = |name: &str| name.parse::<ImageName>().map_err(|error: InvalidImageName| fault(error.to_string()));
        let image = parse(name)?;
        let mut parts = Vec::new();
        for (name, platform) in images {
            let tag = parse(name)?.tag().unwrap_or_default().to_owned();
            parts.push(Part { tag, platform: platform.clone() });
        }
        let credentials = self.offer.settings.keychain.credentials(image.registry()).await;
        let credentials = credentials.map_err(|error| fault(error.to_string()))?;
        let pushing = tokio::task::spawn_blocking(move || push_index(&image, &parts, &credentials));
        pushing.await.map_err(|error| fault(error.to_string()))?.map_err(fault)
    }

    async fn export_files(
        &self,
        graph: &Arc<Graph>,
        tree: Output,
        into: &Path,
        observer: Arc<dyn Observer>,
    ) -> Result<(), EngineError> {
        let lowered = self.lower(graph, tree).await?;
        // The exporter sends to the build's own session, which also serves what is run again.
        let (service, outcome) = ReceiveService::new(into.to_owned());
        let serving = self.offer.for_steps().with(receive::METHODS, FileSendServer::new(service));
        let session = Session::open(&self.link.address, &self.offer.settings.client, serving).await?;
        let build = Build { session: session.id().to_owned(), exporter: "local".to_owned(), ..self.build_of(&lowered) };
        let built = self.attempt(graph, &lowered, &Job::Solve(build), None, &observer).await;
        // The exporter may be content a moment before the last file is on our disk. If it failed, the transfer may never have begun.
        let patience = Duration::from_secs(if built.is_ok() { 60 } else { 1 });
        let received = tokio::time::timeout(patience, outcome).await;
        drop(session);
        match (received, built) {
            // What this side says of its own fault is better than what the engine makes of it.
            (Ok(Ok(Err(error))), _) | (_, Err(error)) => Err(error),
            (Ok(Ok(Ok(()))), Ok(_)) => Ok(()),
            (_, Ok(_)) => Err(EngineError::Other("the engine sent no files".to_owned())),
        }
    }
}
