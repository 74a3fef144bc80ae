//! Opens a raw byte stream to a service of the engine.
//!
//! The Docker Engine API upgrades `POST /grpc` (its BuildKit's API) and `POST /session` (the client's services) from HTTP/1.1 to a
//! plain byte stream that carries HTTP/2.

use crate::engine::EngineError;
use crate::engine::docker::Address;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

/// How long an engine may take to answer the upgrade.
const LIMIT: Duration = Duration::from_secs(30);
/// The longest head of an answer that is read.
const LONGEST_HEAD: usize = 16 * 1024;
/// How much of a refusal's body is shown.
const LONGEST_BODY: usize = 2 * 1024;

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
    let fault = |message: String| EngineError::Connection { action: format!("open `{path}` at {address}"), message };
    let attempt = async {
        let mut wire = Wire::new(address.dial().await.map_err(|e| fault(e.to_string()))?);
        upgrade(&mut wire, path, headers).await.map_err(fault)?;
        Ok(wire)
    };
    match tokio::time::timeout(LIMIT, attempt).await {
        Ok(result) => result,
        Err(_) => Err(fault(format!("no answer within {} s", LIMIT.as_secs()))),
    }
}

/// Speaks HTTP/1.1 until the stream belongs to HTTP/2.
async fn upgrade(wire: &mut Wire, path: &str, headers: &[(&str, String)]) -> Result<(), String> {
    let mut request =
        format!("POST {path} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    wire.write_all(request.as_bytes()).await.map_err(|e| format!("write the request: {e}"))?;
    // One byte at a time: what follows the head belongs to HTTP/2.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > LONGEST_HEAD {
            return Err("the answer is not HTTP".to_owned());
        }
        match wire.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(e) if head.is_empty() => return Err(format!("read the answer: {e}")),
            Err(e) => return Err(format!("read the answer behind `{}`: {e}", first_line(&head))),
        }
    }
    let line = first_line(&head);
    if line.split(' ').nth(1) == Some("101") {
        return Ok(());
    }
    let mut body = Vec::new();
    // The engine closes the connection behind a refusal, or keeps it open for the next request: whatever comes first.
    let mut rest = wire.take(LONGEST_BODY as u64);
    let _ = tokio::time::timeout(Duration::from_millis(300), rest.read_to_end(&mut body)).await;
    let body = String::from_utf8_lossy(&body);
    Err(format!("the engine answered `{line}` {}", body.trim()).trim_end().to_owned())
}

fn first_line(head: &[u8]) -> String {
    String::from_utf8_lossy(head).lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
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
