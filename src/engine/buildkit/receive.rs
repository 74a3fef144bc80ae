//! The service to which the engine's exporter sends the files of a result.

use crate::engine::EngineError;
use crate::engine::docker::receive::receive;
use bollard_buildkit_proto::fsutil::types::Packet;
use bollard_buildkit_proto::moby::filesync::packet::file_send_server::FileSend;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// Method that the engine calls.
pub const METHODS: &[&str] = &["/moby.filesync.v1.FileSend/DiffCopy"];
/// Packets that wait for the connection.
const QUEUE: usize = 64;

/// How one transfer ended.
pub type Outcome = oneshot::Receiver<Result<(), EngineError>>;
/// Who is told of it.
type Teller = oneshot::Sender<Result<(), EngineError>>;

/// Takes one transfer into a directory.
pub struct ReceiveService {
    into: Mutex<Option<(PathBuf, Teller)>>,
}

impl ReceiveService {
    /// A service for one transfer into an empty directory, and how that ends. A second transfer is refused.
    #[must_use]
    pub fn new(into: PathBuf) -> (Self, Outcome) {
        let (tell, outcome) = oneshot::channel();
        (Self { into: Mutex::new(Some((into, tell))) }, outcome)
    }
}

#[async_trait::async_trait]
impl FileSend for ReceiveService {
    type DiffCopyStream = BoxStream<'static, Result<Packet, Status>>;

    async fn diff_copy(&self, request: Request<Streaming<Packet>>) -> Result<Response<Self::DiffCopyStream>, Status> {
        let Some((into, tell)) = self.into.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return Err(Status::already_exists("the files were sent already"));
        };
        let (outgoing, packets) = mpsc::channel(QUEUE);
        // A fault ends the call with its words, so that the engine does not take the export for a success.
        let (fault, faults) = mpsc::channel(1);
        tokio::spawn(async move {
            let received = receive(request.into_inner(), outgoing, into).await;
            if let Err(error) = &received {
                let _ = fault.send(Err(Status::aborted(error.to_string()))).await;
            }
            let _ = tell.send(received.map(drop).map_err(EngineError::from));
        });
        let packets = ReceiverStream::new(packets).map(Ok).chain(ReceiverStream::new(faults));
        Ok(Response::new(packets.boxed()))
    }
}
