//! Opening a connection to an engine.

use super::{Address, SshWire};
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::client::TlsStream;

/// Longest wait for an engine to accept a connection.
pub(super) const ACCEPT_LIMIT: Duration = Duration::from_secs(5);

/// How long a connection may be silent before the other machine is asked whether it is there, and how often it is asked.
pub(super) const STILL_THERE: Duration = Duration::from_secs(15);
/// How often it is asked in vain.
const ASKED: u32 = 4;

/// An open connection to an engine, on which nothing was said yet.
#[derive(Debug)]
pub enum Wire {
    /// To a Unix socket.
    Unix(UnixStream),
    /// To a TCP port.
    Tcp(TcpStream),
    /// To a TCP port, with TLS.
    Tls(Box<TlsStream<TcpStream>>),
    /// Through ssh.
    Ssh(SshWire),
}

impl Address {
    /// Opens a connection, within 5 seconds.
    ///
    /// # Errors
    /// Those of `connect(2)`, of looking up the host's name, and `TimedOut`.
    pub async fn dial(&self) -> io::Result<Wire> {
        let opening = async {
            match self {
                Self::Unix(path) => UnixStream::connect(path).await.map(Wire::Unix),
                Self::Tcp { host, port } => connect(host, *port).await.map(Wire::Tcp),
                Self::Tls(address) => address.dial().await.map(|stream| Wire::Tls(Box::new(stream))),
                // What ssh has to say comes with the first answer.
                Self::Ssh(address) => address.dial().map(Wire::Ssh),
            }
        };
        tokio::time::timeout(ACCEPT_LIMIT, opening).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Connects with a TCP port, so that a machine that is gone is noticed although nothing is said: a build may be silent for hours.
pub(super) async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    let asking = TcpKeepalive::new().with_time(STILL_THERE).with_interval(STILL_THERE).with_retries(ASKED);
    let socket = SockRef::from(&stream);
    socket.set_tcp_keepalive(&asking)?;
    // What was sent is not asked for.
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(STILL_THERE * ASKED))?;
    Ok(stream)
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Ssh(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Ssh(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Self::Ssh(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Ssh(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// An error of [`Address::dial`] in words.
pub(super) fn explain(error: &io::Error) -> String {
    match error.kind() {
        // It names the program that is missing.
        io::ErrorKind::NotFound if error.get_ref().is_some() => error.to_string(),
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::ConnectionRefused => "nothing listens there; is the daemon running?".to_owned(),
        io::ErrorKind::TimedOut => format!("no answer within {} s", ACCEPT_LIMIT.as_secs()),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, UnixListener};

    async fn says_hello(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
        let mut text = String::new();
        stream.write_all(b"hello").await.expect("writes");
        stream.shutdown().await.expect("shuts down");
        stream.read_to_string(&mut text).await.expect("reads");
        text
    }

    #[tokio::test]
    async fn both_kinds_of_address_can_be_dialled() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("s");
        let unix = UnixListener::bind(&path).expect("binds");
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let port = tcp.local_addr().expect("bound").port();

        let address = Address::Unix(path);
        let (_, wire) = tokio::join!(unix.accept(), address.dial());
        assert!(matches!(wire, Ok(Wire::Unix(_))), "{wire:?}");

        let echo = async {
            let (mut stream, _) = tcp.accept().await.expect("accepts");
            let mut text = String::new();
            stream.read_to_string(&mut text).await.expect("reads");
            stream.write_all(text.to_uppercase().as_bytes()).await.expect("writes");
        };
        let client =
            async { says_hello(Address::Tcp { host: "localhost".into(), port }.dial().await.expect("opens")).await };
        assert_eq!(tokio::join!(echo, client).1, "HELLO");
    }

    #[tokio::test]
    async fn a_machine_that_is_gone_is_noticed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let stream = connect("127.0.0.1", listener.local_addr().expect("bound").port()).await.expect("opens");
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().expect("a socket"));
        assert_eq!(socket.tcp_keepalive_interval().expect("a socket"), STILL_THERE);
    }

    #[tokio::test]
    async fn what_cannot_be_dialled_says_why() {
        let dir = tempfile::tempdir().expect("a directory");
        let missing = Address::Unix(dir.path().join("missing")).dial().await.expect_err("nothing there");
        assert_eq!(explain(&missing), "no such file or directory");
        let stale = dir.path().join("stale");
        drop(UnixListener::bind(&stale).expect("binds"));
        let refused = Address::Unix(stale).dial().await.expect_err("nobody listens");
        assert_eq!(explain(&refused), "nothing listens there; is the daemon running?");
        assert_eq!(explain(&io::ErrorKind::PermissionDenied.into()), "permission denied");
        assert_eq!(explain(&io::ErrorKind::TimedOut.into()), "no answer within 5 s");
    }
}
