//! Turns a connection to the engine's API into a plain byte stream.
//!
//! Some calls of the Docker Engine API answer `101` and give the connection away: from then on it carries another protocol.

use super::{Address, Wire};
use crate::engine::EngineError;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// How long an engine may take to answer.
const LIMIT: Duration = Duration::from_secs(30);
/// The longest head of an answer that is read.
const LONGEST_HEAD: usize = 16 * 1024;
/// How much of a refusal's body is shown.
const LONGEST_BODY: usize = 2 * 1024;

/// Opens a connection of its own that belongs to `protocol`, by the call `path` with these headers and this `body`, which is JSON.
///
/// # Errors
/// [`EngineError::Connection`] with what was done, where, and what the engine answered.
pub async fn open(
    address: &Address,
    path: &str,
    protocol: &str,
    headers: &[(&str, String)],
    body: &str,
) -> Result<Wire, EngineError> {
    let fault = |message: String| EngineError::Connection { action: format!("open `{path}` at {address}"), message };
    let attempt = async {
        let mut wire = address.dial().await.map_err(|error| error.to_string())?;
        upgrade(&mut wire, path, protocol, headers, body).await?;
        Ok(wire)
    };
    match tokio::time::timeout(LIMIT, attempt).await {
        Ok(opened) => opened.map_err(fault),
        Err(_) => Err(fault(format!("no answer within {} s", LIMIT.as_secs()))),
    }
}

/// Speaks HTTP/1.1 until the stream belongs to `protocol`. A `body` is JSON.
///
/// # Errors
/// What went wrong, in words: what the engine answered instead, or what the connection says.
async fn upgrade(
    wire: &mut (impl AsyncRead + AsyncWrite + Unpin),
    path: &str,
    protocol: &str,
    headers: &[(&str, String)],
    body: &str,
) -> Result<(), String> {
    let length = body.len();
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\nContent-Length: {length}\r\n"
    );
    if !body.is_empty() {
        request.push_str("Content-Type: application/json\r\n");
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("\r\n{body}"));
    wire.write_all(request.as_bytes()).await.map_err(|e| format!("write the request: {e}"))?;
    // One byte at a time: what follows the head belongs to the other protocol.
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
