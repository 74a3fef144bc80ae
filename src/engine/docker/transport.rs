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
    let connection = tokio::spawn(connection.with_upgrades());
    if let Some(path) = request.uri().path_and_query().and_then(|path| path.as_str().parse().ok()) {
        *request.uri_mut() = path;
    }
    request.headers_mut().insert(HOST, HeaderValue::from_static("docker"));
    let answer = sender.send_request(request).await;
    // It ends when nothing more is asked.
    drop(sender);
    match answer {
        Ok(answer) => Ok(answer),
        // The connection knows why it broke, where the request knows only that it did.
        Err(error) => match connection.await {
            Ok(Err(cause)) => Err(cause.into()),
            _ => Err(error.into()),
        },
    }
}
