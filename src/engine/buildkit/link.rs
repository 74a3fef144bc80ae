//! Connections to the engine's BuildKit.

use super::dial::dial;
use crate::engine::EngineError;
use crate::engine::docker::Address;
use bollard_buildkit_proto::moby::buildkit::v1::control_client::ControlClient;
use bollard_buildkit_proto::moby::buildkit::v1::frontend::llb_bridge_client::LlbBridgeClient;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio::sync::{Semaphore, SemaphorePermit};
use tonic::transport::{Channel, Endpoint, Uri};

/// The largest answer that is taken: a file of 16 MiB with room to spare.
const LARGEST: usize = 64 * 1024 * 1024;
/// Builds that are open at a time. An engine takes 250 streams on one connection; more of them block it for good.
const OPEN: usize = 200;
/// HTTP/2 window of a stream and of the connection: 1 MiB.
const WINDOW: u32 = 1024 * 1024;

/// The connections, and how much may be asked at a time. Builds, their status and the calls within them go over three connections,
/// since each connection takes a limited number of streams.
pub struct Link {
    /// Where the engine is.
    pub address: Address,
    builds: Channel,
    status: Channel,
    calls: Channel,
    open: Arc<Semaphore>,
}

impl Link {
    /// Connects.
    ///
    /// # Errors
    /// [`EngineError::Connection`]
    pub async fn open(address: Address) -> Result<Self, EngineError> {
        let (builds, status, calls) = tokio::try_join!(channel(&address), channel(&address), channel(&address))?;
        Ok(Self { address, builds, status, calls, open: Arc::new(Semaphore::new(OPEN)) })
    }

    /// Waits until one more build may be open.
    pub async fn permit(&self) -> SemaphorePermit<'_> {
        self.open.acquire().await.expect("the semaphore is never closed")
    }

    /// For builds.
    pub fn builds(&self) -> ControlClient<Channel> {
        ControlClient::new(self.builds.clone()).max_decoding_message_size(LARGEST)
    }

    /// For their status.
    pub fn status(&self) -> ControlClient<Channel> {
        ControlClient::new(self.status.clone()).max_decoding_message_size(LARGEST)
    }

    /// For calls within a build.
    pub fn calls(&self) -> LlbBridgeClient<Channel> {
        LlbBridgeClient::new(self.calls.clone()).max_decoding_message_size(LARGEST)
    }
}

async fn channel(address: &Address) -> Result<Channel, EngineError> {
    let place = address.clone();
    let connector = tower::service_fn(move |_: Uri| {
        let place = place.clone();
        async move { dial(&place, "/grpc", &[]).await.map(TokioIo::new) }
    });
    Endpoint::from_static("http://docker")
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .connect_with_connector(connector)
        .await
        .map_err(|error| {
            // What our own dial said is somewhere below what the transport says.
            let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
            while let Some(inner) = cause {
                if let Some(own) = inner.downcast_ref::<EngineError>() {
                    return own.clone();
                }
                cause = inner.source();
            }
            EngineError::Connection { action: format!("connect to {address}"), message: error.to_string() }
        })
}
