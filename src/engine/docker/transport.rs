//! Requests of Docker's API over connections that bollard cannot open itself.

use super::Address;
use bollard::BollardRequest;
use bollard::errors::Error;
use hyper::Response;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tonic::codegen::http::HeaderValue;
use tonic::codegen::http::header::HOST;

/// Sends a request over a connection of its own, which ends with the answer's body.
pub(super) async fn send(address: Address, mut request: BollardRequest) -> Result<Response<Incoming>, Error> {
    let wire = address.dial().await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(wire)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "the connection broke");
        }
    });
    if let Some(path) = request.uri().path_and_query().and_then(|path| path.as_str().parse().ok()) {
        *request.uri_mut() = path;
    }
    request.headers_mut().insert(HOST, HeaderValue::from_static("docker"));
    Ok(sender.send_request(request).await?)
}
