//! What the executor needs of an engine.

use super::error::EngineError;
use super::interactive::Console;
use super::registry_cache::RegistryCache;
use crate::digest::VertexId;
use crate::event::{StepPhase, Stream};
use crate::graph::dockerfile::{Dockerfile, LlbOp, Translation};
use crate::graph::image::ImageConfig;
use crate::graph::image::ImageState;
use crate::graph::{Exec, Graph, ImageSource, LocalSource, Output};
use crate::platform::Platform;
use crate::tree::Tree;
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;

/// An engine that runs vertices and keeps their results.
///
/// Dropping a future that one of these methods gave cancels its work in the engine.
#[async_trait]
pub trait Engine: Send + Sync {
    /// The engine for people: `Docker 28.5.2 at unix:///var/run/docker.sock`.
    fn describe(&self) -> String;

    /// Whether there is nobody to ask: a build that runs on this machine alone has no engine.
    fn is_absent(&self) -> bool {
        false
    }

    /// The variables by which other programs of this machine talk with the same engine.
    fn endpoint(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Number of processors of the machine that the engine runs on.
    fn processors(&self) -> usize;

    /// The platform of the machine that the engine runs on.
    fn platform(&self) -> Platform;

    /// What this engine cannot do, or only in a roundabout way, for people; nothing of an engine of today.
    fn lacks(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// The configuration of an image: of the engine's store if it is there, else of its registry.
    async fn image_config(&self, image: &ImageSource) -> Result<ImageConfig, EngineError>;

    /// Translates a Dockerfile whose text is known. Runs nothing of it.
    async fn translate(&self, file: &Dockerfile, text: &str) -> Result<Translation, EngineError>;

    /// The process of a Dockerfile's operation in our own terms; `None` where it has something that they lack.
    fn process_of(&self, _op: &LlbOp) -> Option<Exec> {
        None
    }

    /// Tells which of the goals are cached from end to end, in the order of `goals`. Runs no process: every gate is refused.
    async fn probe(
        &self,
        graph: &Arc<Graph>,
        goals: &[VertexId],
        observer: Arc<dyn Observer>,
    ) -> Result<Vec<bool>, EngineError>;

    /// Brings about the result of one vertex, in a build of its own. Its inputs should have been run before; what the engine lost of
    /// them in between it runs again, through the gate.
    async fn run(&self, graph: &Arc<Graph>, vertex: VertexId, observer: Arc<dyn Observer>) -> Result<(), EngineError>;

    /// Reads a file of a result, up to 16 MiB.
    async fn read_file(&self, graph: &Arc<Graph>, output: Output, path: &str) -> Result<Vec<u8>, EngineError>;

    /// Runs a process that somebody works with, in the state and with the mounts of a step. What it changes there is lost, but in caches. Gives its exit code.
    ///
    /// What the step reads should have been run before.
    async fn attend(&self, _graph: &Arc<Graph>, _exec: &Exec, _console: Console) -> Result<i32, EngineError> {
        Err(EngineError::Unsupported {
            feature: "a process that somebody works with".to_owned(),
            engine: self.describe(),
            needs: "it needs Docker 20.10 or newer".to_owned(),
        })
    }

    /// Takes away what only this invocation needs. Nothing is asked of the engine afterwards.
    async fn leave(&self) {}

    /// Puts an image into the engine's store and gives its id.
    async fn store_image(
        &self,
        graph: &Arc<Graph>,
        state: &ImageState,
        store: StoreAs<'_>,
        observer: Arc<dyn Observer>,
    ) -> Result<String, EngineError>;

    /// Sees to it that the store has an image: from its registry, where the store does not have it for this platform.
    async fn fetch_image(&self, _image: &ImageSource) -> Result<(), EngineError> {
        Err(EngineError::Other("this engine fetches no images".to_owned()))
    }

    /// The exit code of the process of a `WITH DOCKER` step that succeeds also when that fails, and is done; `None` for 0.
    fn exit_code(&self, _vertex: VertexId) -> Option<i32> {
        None
    }

    /// Pushes an image of the store to the registry that its name tells. Gives its digest there, when the engine tells it.
    async fn push_image(&self, name: &str) -> Result<Option<String>, EngineError>;

    /// Puts an index into the registry that `name` tells, of images that were pushed before under these names of the same repository.
    async fn push_index(&self, name: &str, images: &[(String, Platform)]) -> Result<(), EngineError>;

    /// From now on takes results also from a cache of a registry; `false` when the registry has no such thing.
    ///
    /// # Errors
    /// When nobody knows: the registry cannot be reached, or does not let this user in.
    async fn read_cache(&self, _cache: &RegistryCache) -> Result<bool, EngineError> {
        Ok(false)
    }

    /// Whether [`Engine::write_cache`] is of use here.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`]
    fn may_write_caches(&self) -> Result<(), EngineError> {
        Ok(())
    }

    /// Puts results, and how they came about, into a registry as a cache of its own.
    async fn write_cache(
        &self,
        _graph: &Arc<Graph>,
        _results: &[Output],
        _cache: &RegistryCache,
        _observer: Arc<dyn Observer>,
    ) -> Result<(), EngineError> {
        Err(EngineError::Other("this engine writes no caches".to_owned()))
    }

    /// Whether another client's step uses a data root right now. What a client that is gone left behind is not in use.
    ///
    /// It is asked while the root's lock is held: clients that share no locks meet at the engine only.
    async fn data_root_in_use(&self, _root: &DataRoot) -> Result<bool, EngineError> {
        Ok(false)
    }

    /// Writes the files of a result into an empty directory of this machine.
    async fn export_files(
        &self,
        graph: &Arc<Graph>,
        tree: Output,
        into: &Path,
        observer: Arc<dyn Observer>,
    ) -> Result<(), EngineError>;
}

/// What the engine tells and asks while it works. Methods are called from many tasks at once.
#[async_trait]
pub trait Observer: Send + Sync {
    /// The engine is about to start this vertex's process. It starts when the answer is [`Answer::Open`], which may take any time.
    async fn gate(&self, vertex: VertexId) -> Answer;

    /// The data root that a `WITH DOCKER` step got; asked after its gate was opened. `None`: one that is thrown away with the step.
    fn data_root(&self, _vertex: VertexId) -> Option<DataRoot> {
        None
    }

    /// The console for a vertex that somebody works with; waits until it is free. An error says why there is none.
    async fn console(&self, _vertex: VertexId) -> Result<Console, EngineError> {
        Err(EngineError::Other("there is no terminal for a process that somebody works with".to_owned()))
    }

    /// How much memory a vertex's process needed at most, in bytes. A hint, of engines that can tell.
    fn peak_memory(&self, _vertex: VertexId, _bytes: u64) {}

    /// A vertex that runs began with a part of its work. A hint, of vertices that have such parts.
    fn phase(&self, _vertex: VertexId, _phase: StepPhase) {}

    /// Something that the user should know.
    fn note(&self, _vertex: VertexId, _text: String) {}

    /// A vertex's process wrote something.
    fn output(&self, vertex: VertexId, stream: Stream, bytes: &[u8]);

    /// A vertex moved on. A hint only: engines may leave any of it out.
    fn progress(&self, vertex: VertexId, progress: Progress);

    /// Content of a build context went to the engine.
    fn context_sent(&self, source: &LocalSource, files: u64, bytes: u64);
}

/// How an image gets into the engine's store.
#[derive(Debug, Clone, Copy)]
pub struct StoreAs<'a> {
    /// Its names, normal forms with tags.
    pub names: &'a [String],
    /// Whether its configuration tells how its layers came about, so that others may take them for results of their own steps.
    pub inline_cache: bool,
}

impl<'a> StoreAs<'a> {
    /// Under these names, as it is.
    #[must_use]
    pub fn plain(names: &'a [String]) -> Self {
        Self { names, inline_cache: false }
    }
}

/// A directory of the engine that keeps the daemon of a `WITH DOCKER` step between runs. One step uses it at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataRoot {
    /// Its pool: the user's id, expanded, scoped and with the namespace in front; any text.
    pub pool: String,
    /// Its number in the pool, from 0.
    pub number: usize,
}

/// The answer of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Run it.
    Open,
    /// Do not; the vertex fails.
    Refuse,
}

/// How far a vertex is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The engine works on it.
    Started,
    /// Its result was there already.
    Cached,
    /// It is done.
    Completed,
}

/// Opens the files of a local source.
pub type OpenContext = Arc<dyn Fn(&LocalSource) -> std::io::Result<Arc<dyn Tree>> + Send + Sync>;

/// Looks up a secret by its id.
pub type FindSecret = Arc<dyn Fn(&str) -> Option<Secret> + Send + Sync>;

/// What a client serves to its engine.
#[derive(Clone)]
pub struct Services {
    /// Opens build contexts.
    pub contexts: OpenContext,
    /// Looks up secrets by id.
    pub secrets: FindSecret,
    /// The socket of the user's ssh agent.
    pub agent: Option<std::path::PathBuf>,
}

/// A secret's value. Prints as nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}
