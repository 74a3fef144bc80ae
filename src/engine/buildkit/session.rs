//! Sessions: services of this client that the engine calls while it builds.

use super::dial::dial;
use super::health::Alive;
use super::unique;
use crate::engine::EngineError;
use crate::engine::docker::Address;
use bollard_buildkit_proto::health::health_server::HealthServer;
use futures_util::StreamExt as _;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;

/// HTTP/2 streams that the engine may hold open at a time: it holds one for each closed gate, and still has to ask for health.
const STREAMS: u32 = 4096;
/// HTTP/2 window of a stream and of the connection: 4 MiB, for exports.
const WINDOW: u32 = 4 * 1024 * 1024;

/// An open session. It ends when this is dropped.
pub struct Session {
    id: String,
    cut: CancellationToken,
    server: JoinHandle<()>,
}

/// The services of a session, with their names.
pub struct Serving {
    methods: Vec<&'static str>,
    routes: Routes,
}

impl Default for Serving {
    fn default() -> Self {
        Self { methods: vec!["/grpc.health.v1.Health/Check"], routes: Routes::new(HealthServer::new(Alive)) }
    }
}

impl Serving {
    /// Adds a service, and the methods of it that the engine may call: `/package.Service/Method`.
    #[must_use]
    pub fn with<S>(mut self, methods: &[&'static str], service: S) -> Self
    where
        S: tower::Service<
                tonic::codegen::http::Request<tonic::body::Body>,
                Response = tonic::codegen::http::Response<tonic::body::Body>,
                Error = std::convert::Infallible,
            > + tonic::server::NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.methods.extend(methods);
        self.routes = self.routes.add_service(service);
        self
    }
}

impl Session {
    /// Opens a session.
    ///
    /// `shared_key` is the same in every session of a client that sends the same directories: the engine's copies of contexts are
    /// found by it.
    ///
    /// # Errors
    /// [`EngineError::Connection`] when the engine does not take it.
    pub async fn open(address: &Address, shared_key: &str, serving: Serving) -> Result<Self, EngineError> {
        let id = unique::name();
        let mut headers = vec![
            ("X-Docker-Expose-Session-Uuid", id.clone()),
            ("X-Docker-Expose-Session-Name", "rbuild".to_owned()),
            ("X-Docker-Expose-Session-Sharedkey", shared_key.to_owned()),
        ];
        headers
            .extend(serving.methods.iter().map(|method| ("X-Docker-Expose-Session-Grpc-Method", (*method).to_owned())));
        let cut = CancellationToken::new();
        let wire = dial(address, "/session", &headers).await?.until(cut.clone());
        let incoming =
            futures_util::stream::iter([Ok::<_, std::io::Error>(wire)]).chain(futures_util::stream::pending());
        let server = Server::builder()
            .max_concurrent_streams(STREAMS)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .add_routes(serving.routes)
            .serve_with_incoming(incoming);
        let server = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::debug!(%error, "session ended");
            }
        });
        Ok(Self { id, cut, server })
    }

    /// The name by which builds refer to it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The acceptor alone is not enough: a connection lives in a task of its own.
        self.cut.cancel();
        self.server.abort();
    }
}
