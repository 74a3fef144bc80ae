//! Build contexts: which directories the engine may ask for, and the service that sends them.

use super::filesync;
use crate::digest::VertexId;
use crate::engine::{Observer, Services};
use crate::graph::LocalSource;
use bollard_buildkit_proto::fsutil::types::Packet;
use bollard_buildkit_proto::fsutil::types::packet::PacketType;
use bollard_buildkit_proto::moby::filesync::packet::file_sync_server::FileSync;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// Method that the engine calls.
pub const METHODS: &[&str] = &["/moby.filesync.v1.FileSync/DiffCopy"];
/// Packets that wait for the connection.
const QUEUE: usize = 64;

/// The contexts that open builds use.
pub struct Contexts {
    services: Services,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: HashMap<String, Known>,
    next: u64,
}

struct Known {
    source: LocalSource,
    observers: Vec<(u64, Arc<dyn Observer>)>,
    /// Why the last transfer failed on this side.
    fault: Option<String>,
}

/// An open build's contexts. They forget its observer when this is dropped.
pub struct Registration {
    contexts: Arc<Contexts>,
    build: u64,
    names: Vec<String>,
}

/// The name under which the engine asks for a local source: the same in every run, so that the engine finds its last copy.
#[must_use]
pub fn name(vertex: VertexId) -> String {
    format!("rbuild-{}", &vertex.0.hex()[..32])
}

impl Contexts {
    /// No contexts yet; `services` opens them.
    #[must_use]
    pub fn new(services: Services) -> Self {
        Self { services, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Announces a build that may ask for these sources.
    #[must_use]
    pub fn register(
        self: &Arc<Self>,
        sources: &[(String, LocalSource)],
        observer: Option<&Arc<dyn Observer>>,
    ) -> Registration {
        let mut state = self.lock();
        let build = state.next;
        state.next += 1;
        for (name, source) in sources {
            let known = state.known.entry(name.clone()).or_insert_with(|| Known {
                source: source.clone(),
                observers: Vec::new(),
                fault: None,
            });
            known.fault = None;
            known.observers.extend(observer.map(|observer| (build, Arc::clone(observer))));
        }
        let names = sources.iter().map(|(name, _)| name.clone()).collect();
        Registration { contexts: Arc::clone(self), build, names }
    }

    /// Whether a build had any.
    pub fn are_used(&self) -> bool {
        !self.lock().known.is_empty()
    }

    fn source(&self, name: &str) -> Option<LocalSource> {
        Some(self.lock().known.get(name)?.source.clone())
    }

    fn ended(&self, name: &str, result: &std::io::Result<filesync::Sent>) {
        let mut state = self.lock();
        let Some(known) = state.known.get_mut(name) else { return };
        match result {
            Ok(sent) => {
                known.fault = None;
                let observer = known.observers.first().map(|(_, observer)| Arc::clone(observer));
                let source = known.source.clone();
                drop(state);
                if let Some(observer) = observer {
                    observer.context_sent(&source, sent.files, sent.bytes);
                }
            }
            // The engine's own faults come back with the build's error.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionAborted => {}
            Err(error) => known.fault = Some(error.to_string()),
        }
    }
}

impl Registration {
    /// Why one of the build's contexts could not be read, if that happened.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let state = self.contexts.lock();
        self.names.iter().find_map(|name| state.known.get(name)?.fault.clone())
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut state = self.contexts.lock();
        for name in &self.names {
            if let Some(known) = state.known.get_mut(name) {
                known.observers.retain(|(build, _)| *build != self.build);
            }
        }
    }
}

/// The service over [`Contexts`].
pub struct ContextService(pub Arc<Contexts>);

#[async_trait::async_trait]
impl FileSync for ContextService {
    type DiffCopyStream = ReceiverStream<Result<Packet, Status>>;
    type TarStreamStream = ReceiverStream<Result<Packet, Status>>;

    async fn diff_copy(&self, request: Request<Streaming<Packet>>) -> Result<Response<Self::DiffCopyStream>, Status> {
        let name = request.metadata().get("dir-name").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let Some(source) = self.0.source(name) else {
            return Err(Status::not_found(format!("no build context is named `{name}`")));
        };
        let (contexts, name) = (Arc::clone(&self.0), name.to_owned());
        let (out, packets) = mpsc::channel(QUEUE);
        tokio::spawn(async move {
            let open = Arc::clone(&contexts.services.contexts);
            let tree = tokio::task::spawn_blocking(move || open(&source)).await;
            let result = match tree.unwrap_or_else(|e| Err(std::io::Error::other(e))) {
                Ok(tree) => filesync::send(tree, request.into_inner(), &out).await,
                Err(error) => Err(error),
            };
            contexts.ended(&name, &result);
            if let Err(error) = result {
                let message = error.to_string();
                let _ = out.send(Ok(filesync::packet(PacketType::PacketErr, 0, message.clone().into_bytes()))).await;
                let _ = out.send(Err(Status::unknown(message))).await;
            }
        });
        Ok(Response::new(ReceiverStream::new(packets)))
    }

    async fn tar_stream(&self, _: Request<Streaming<Packet>>) -> Result<Response<Self::TarStreamStream>, Status> {
        Err(Status::unimplemented("contexts are sent by `DiffCopy`"))
    }
}
