//! Opens a raw byte stream to a service of the engine.
//!
//! The Docker Engine API upgrades `POST /grpc` (its BuildKit's API) and `POST /session` (the client's services) from HTTP/1.1 to a
//! plain byte stream that carries HTTP/2.

use crate::engine::EngineError;
use crate::engine::docker::{Address, open};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A byte stream to the engine.
pub struct Wire {
    stream: Box<dyn Io>,
    /// Resolves when the stream is to break.
    cut: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl Wire {
    /// Takes any byte stream.
    pub fn new(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self { stream: Box::new(stream), cut: None }
    }

    /// Breaks the stream when `cut` is cancelled: whoever reads it sees an error.
    #[must_use]
    pub fn until(self, cut: CancellationToken) -> Self {
        Self { cut: Some(Box::pin(cut.cancelled_owned())), ..self }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Some(cut) = &mut self.cut
            && cut.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Connected for Wire {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

/// Opens a stream at `path` of the engine's API, sending these headers with the request.
///
/// # Errors
/// [`EngineError::Connection`] with what was done, where, and what the engine answered.
pub async fn dial(address: &Address, path: &str, headers: &[(&str, String)]) -> Result<Wire, EngineError> {
    open(address, path, "h2c", headers, "").await.map(Wire::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::UnixListener;

    /// A server that answers one request with `answer`; gives what the client made of it.
    async fn check(answer: &'static [u8]) -> Result<Vec<u8>, String> {
        let directory = tempfile::tempdir().expect("a directory");
        let socket = directory.path().join("s");
        let listener = UnixListener::bind(&socket).expect("binds");
        let server = async {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.expect("a request"));
            }
            stream.write_all(answer).await.expect("writes");
            String::from_utf8(request).expect("text")
        };
        let address = Address::Unix(socket);
        let headers = [("X-Name", "a".to_owned()), ("X-Name", "b".to_owned())];
        let (request, wire) = tokio::join!(server, dial(&address, "/grpc", &headers));
        assert!(request.starts_with("POST /grpc HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("Upgrade: h2c\r\n") && request.contains("X-Name: a\r\nX-Name: b\r\n"), "{request}");
        let mut rest = Vec::new();
        match wire {
            Ok(mut wire) => wire.read_to_end(&mut rest).await.map(|_| rest).map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[tokio::test]
    async fn an_upgrade_leaves_the_stream_at_its_first_own_byte() {
        let rest = check(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\nPRI *").await;
        assert_eq!(rest.as_deref(), Ok(&b"PRI *"[..]));
    }

    #[tokio::test]
    async fn a_refusal_is_shown_with_its_body() {
        let error = check(b"HTTP/1.1 404 Not Found\r\nContent-Length: 18\r\n\r\n{\"message\":\"nope\"}")
            .await
            .expect_err("fails");
        assert!(error.contains("open `/grpc` at unix:///"), "{error}");
        assert!(error.ends_with("the engine answered `HTTP/1.1 404 Not Found` {\"message\":\"nope\"}"), "{error}");
    }

    #[tokio::test]
    async fn a_missing_socket_names_the_address() {
        let address = Address::Unix("/nonexistent/docker.sock".into());
        let error = dial(&address, "/grpc", &[]).await.err().expect("fails").to_string();
        assert!(error.starts_with("open `/grpc` at unix:///nonexistent/docker.sock: No such file"), "{error}");
    }
}
