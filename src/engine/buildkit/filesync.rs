//! Sends a directory tree to the engine, in the protocol of fsutil.
//!
//! The sender lists everything (`STAT` for each entry, ids count from 0; a `STAT` without content ends the list). The receiver asks
//! for the regular files that it wants (`REQ`), many at a time; the sender answers each with `DATA` packets and an empty one. `FIN`
//! goes from the receiver to the sender and back. Format: `fsutil/types/wire.proto`.

use crate::tree::{Entry, EntryKind, Tree};
use bollard_buildkit_proto::fsutil::types::packet::PacketType;
use bollard_buildkit_proto::fsutil::types::{Packet, Stat};
use futures_util::{Stream, StreamExt as _};
use std::io::{self, Read as _};
use std::sync::Arc;
use tokio::sync::mpsc;
use tonic::Status;

/// The largest piece of a file in one packet, in bytes.
const PIECE: usize = 32 * 1024;
/// Files that are read at the same time.
const READERS: usize = 4;

/// Where packets for the engine go.
pub type Outbound = mpsc::Sender<Result<Packet, Status>>;

/// What was sent: content, not names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Files whose content was asked for.
    pub files: u64,
    /// Bytes of content.
    pub bytes: u64,
}

/// Sends a tree until the receiver has all that it wants.
///
/// # Errors
/// What the file system says; `ConnectionAborted` when the receiver goes away or reports a fault of its own.
pub async fn send<S>(tree: Arc<dyn Tree>, inbound: S, out: &Outbound) -> io::Result<Sent>
where
    S: Stream<Item = Result<Packet, Status>> + Send,
{
    let listing = Arc::clone(&tree);
    let entries = blocking(move || listing.entries()).await?;
    let (wanted, queue) = mpsc::unbounded_channel();
    let answers = async {
        let files = tokio_stream::wrappers::UnboundedReceiverStream::new(queue);
        let mut answers = files
            .map(|(id, path): (u32, String)| {
                let (tree, out) = (Arc::clone(&tree), out.clone());
                blocking(move || send_file(tree.as_ref(), id, &path, &out))
            })
            .buffer_unordered(READERS);
        let mut sent = Sent::default();
        while let Some(bytes) = answers.next().await {
            sent.files += 1;
            sent.bytes += bytes?;
        }
        Ok(sent)
    };
    let (_, (), sent) = tokio::try_join!(send_stats(&entries, out), take_requests(&entries, inbound, wanted), answers)?;
    send_packet(out, packet(PacketType::PacketFin, 0, Vec::new())).await?;
    Ok(sent)
}

async fn send_stats(entries: &[Entry], out: &Outbound) -> io::Result<()> {
    for entry in entries {
        send_packet(out, Packet { stat: Some(stat(entry)), ..packet(PacketType::PacketStat, 0, Vec::new()) }).await?;
    }
    send_packet(out, packet(PacketType::PacketStat, 0, Vec::new())).await
}

/// Turns requests into work until the receiver is done.
async fn take_requests<S>(entries: &[Entry], inbound: S, wanted: mpsc::UnboundedSender<(u32, String)>) -> io::Result<()>
where
    S: Stream<Item = Result<Packet, Status>> + Send,
{
    tokio::pin!(inbound);
    while let Some(packet) = inbound.next().await {
        let packet = packet.map_err(|status| gone(status.message()))?;
        match packet.r#type() {
            PacketType::PacketReq => {
                let entry = usize::try_from(packet.id).ok().and_then(|id| entries.get(id));
                let Some(Entry { path, kind: EntryKind::File { .. }, .. }) = entry else {
                    return Err(gone(&format!("the engine asked for entry {}, which is no file", packet.id)));
                };
                // The other side ends only with this function, or with the whole transfer.
                let _ = wanted.send((packet.id, path.clone()));
            }
            PacketType::PacketFin => return Ok(()),
            PacketType::PacketErr => return Err(gone(&String::from_utf8_lossy(&packet.data))),
            PacketType::PacketStat | PacketType::PacketData => {}
        }
    }
    Err(gone("the engine ended the transfer early"))
}

/// Sends a file as it is now, whatever size was announced.
fn send_file(tree: &dyn Tree, id: u32, path: &str, out: &Outbound) -> io::Result<u64> {
    let mut file = tree.open(path)?;
    let mut bytes = 0;
    loop {
        let mut data = Vec::with_capacity(PIECE);
        let read = (&mut file).take(PIECE as u64).read_to_end(&mut data);
        read.map_err(|e| io::Error::new(e.kind(), format!("read `{path}`: {e}")))?;
        let end = data.is_empty();
        bytes += data.len() as u64;
        // An empty packet is the end of the file.
        out.blocking_send(Ok(packet(PacketType::PacketData, id, data)))
            .map_err(|_| gone("the connection is closed"))?;
        if end {
            return Ok(bytes);
        }
    }
}

async fn send_packet(out: &Outbound, packet: Packet) -> io::Result<()> {
    out.send(Ok(packet)).await.map_err(|_| gone("the connection is closed"))
}

/// A packet without an entry.
pub fn packet(kind: PacketType, id: u32, data: Vec<u8>) -> Packet {
    Packet { r#type: kind.into(), stat: None, id, data }
}

/// An entry as the protocol describes it. Owners are left out, so that everybody's checkout is the same to the engine.
fn stat(entry: &Entry) -> Stat {
    let (kind, size, linkname) = match &entry.kind {
        EntryKind::Directory => (1 << 31, 0, String::new()),
        EntryKind::File { size } => (0, i64::try_from(*size).unwrap_or(i64::MAX), String::new()),
        EntryKind::Symlink { target } => (1 << 27, 0, target.clone()),
    };
    Stat {
        path: entry.path.clone(),
        mode: kind | go_mode(entry.mode),
        size,
        linkname,
        mod_time: entry.modified_ns,
        ..Stat::default()
    }
}

/// Unix permission bits as Go's `os.FileMode` has them.
fn go_mode(mode: u32) -> u32 {
    let special = [(0o4000, 1 << 23), (0o2000, 1 << 22), (0o1000, 1 << 20)];
    special.iter().filter(|(unix, _)| mode & unix != 0).fold(mode & 0o777, |all, (_, go)| all | go)
}

fn gone(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, message.to_owned())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
#[path = "filesync_tests.rs"]
mod tests;
