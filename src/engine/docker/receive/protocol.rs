//! The receiver's side of the conversation.

use super::ReceiveError;
use super::disk::Disk;
use super::entry::{Entry, Kind};
use bollard_buildkit_proto::fsutil::types::Packet;
use bollard_buildkit_proto::fsutil::types::packet::PacketType;
use futures_util::{Stream, StreamExt};
use std::collections::{HashSet, VecDeque};
use std::path::PathBuf;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Most files that are asked for at a time. The sender works on four and stops listening when 128 wait.
const WINDOW: usize = 32;
/// Most packets on the way to the disk; 32 KiB each from a usual sender.
const BACKLOG: usize = 64;

/// What was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Received {
    /// Regular files, each hard link counted.
    pub files: u64,
    /// Directories.
    pub directories: u64,
    /// Symbolic links.
    pub symlinks: u64,
    /// Bytes of content.
    pub bytes: u64,
}

/// What goes to the disk, in this order.
enum Work {
    Announce(u32, Entry),
    Content(u32, Vec<u8>),
    End(u32),
    /// All is there. A channel that ends without it was abandoned.
    Finish,
}

/// Receives the files that an engine exports into an existing, empty directory.
///
/// `incoming` is what the engine sends on its call of `FileSend/DiffCopy`; what goes into `outgoing` is to be sent back. When it
/// returns, with or without success, the call is over. After a failure or a drop the directory holds some of the files.
///
/// # Errors
/// [`ReceiveError`]. The sender is told as well.
pub async fn receive<S>(incoming: S, outgoing: mpsc::Sender<Packet>, dir: PathBuf) -> Result<Received, ReceiveError>
where
    S: Stream<Item = Result<Packet, tonic::Status>> + Unpin,
{
    let result = converse(incoming, &outgoing, dir).await;
    if let Err(error) = &result {
        // The sender may be gone, or not listen; it learns from the end of the call as well.
        let _ = outgoing.try_send(packet(PacketType::PacketErr, 0, error.to_string().into_bytes()));
    }
    result
}

async fn converse<S>(mut incoming: S, outgoing: &mpsc::Sender<Packet>, dir: PathBuf) -> Result<Received, ReceiveError>
where
    S: Stream<Item = Result<Packet, tonic::Status>> + Unpin,
{
    let mut disk = Writer::start(dir);
    let mut wanted = Wanted::default();
    while !wanted.is_over() {
        // Reading never waits for a request to go out: the sender may be unable to take one before we take its packets.
        tokio::select! {
            permit = outgoing.reserve(), if wanted.may_ask() => {
                let permit = permit.map_err(|_| broken("nobody listens to the answers"))?;
                if let Some(id) = wanted.ask() {
                    permit.send(packet(PacketType::PacketReq, id, Vec::new()));
                }
            }
            next = incoming.next() => {
                let next = next.ok_or_else(|| broken("it ended too early"))?;
                let next = next.map_err(|status| broken(status.message()))?;
                if let Some(work) = wanted.take(next)? {
                    disk.hand(work).await?;
                }
            }
        }
    }
    let received = disk.finish().await?;
    let gone = |_| broken("nobody listens to the answers");
    outgoing.send(packet(PacketType::PacketFin, 0, Vec::new())).await.map_err(gone)?;
    match incoming.next().await {
        Some(Ok(last)) if last.r#type() == PacketType::PacketFin => Ok(received),
        Some(Ok(last)) => Err(unexpected(&last)),
        // Everything was asked for and came, so an end without a word is no loss.
        None => Ok(received),
        Some(Err(status)) => Err(broken(status.message())),
    }
}

/// Which files are wanted, asked for, and still open.
#[derive(Debug, Default)]
struct Wanted {
    /// Entries announced so far; the next one's id.
    announced: u32,
    /// All entries were announced.
    walked: bool,
    waiting: VecDeque<u32>,
    open: HashSet<u32>,
}

impl Wanted {
    fn may_ask(&self) -> bool {
        self.open.len() < WINDOW && !self.waiting.is_empty()
    }

    fn ask(&mut self) -> Option<u32> {
        let id = self.waiting.pop_front()?;
        self.open.insert(id);
        Some(id)
    }

    fn is_over(&self) -> bool {
        self.walked && self.waiting.is_empty() && self.open.is_empty()
    }

    /// Reads a packet and tells what it means for the disk.
    fn take(&mut self, packet: Packet) -> Result<Option<Work>, ReceiveError> {
        // The generated getter takes an unknown type for the first one, `PACKET_STAT`.
        let unknown = |_| ReceiveError::Protocol(format!("a packet of the unknown type {}", packet.r#type));
        match PacketType::try_from(packet.r#type).map_err(unknown)? {
            PacketType::PacketStat if self.walked => Err(unexpected(&packet)),
            PacketType::PacketStat => match packet.stat {
                None => {
                    self.walked = true;
                    Ok(None)
                }
                Some(stat) => {
                    let id = self.announced;
                    self.announced =
                        id.checked_add(1).ok_or_else(|| ReceiveError::Protocol("too many entries".to_owned()))?;
                    let entry = Entry::read(stat)?;
                    if matches!(entry.kind, Kind::File { .. }) {
                        self.waiting.push_back(id);
                    }
                    Ok(Some(Work::Announce(id, entry)))
                }
            },
            PacketType::PacketData if !self.open.contains(&packet.id) => {
                Err(ReceiveError::Protocol(format!("content of entry {}, which nobody waits for", packet.id)))
            }
            PacketType::PacketData if packet.data.is_empty() => {
                self.open.remove(&packet.id);
                Ok(Some(Work::End(packet.id)))
            }
            PacketType::PacketData => Ok(Some(Work::Content(packet.id, packet.data))),
            PacketType::PacketErr => Err(ReceiveError::Sender(String::from_utf8_lossy(&packet.data).into_owned())),
            PacketType::PacketReq | PacketType::PacketFin => Err(unexpected(&packet)),
        }
    }
}

/// A thread that writes, behind a bounded channel: a slow disk slows the sender down.
struct Writer {
    work: mpsc::Sender<Work>,
    thread: JoinHandle<Result<Option<Received>, ReceiveError>>,
}

impl Writer {
    fn start(dir: PathBuf) -> Self {
        let (work, queue) = mpsc::channel(BACKLOG);
        Self { work, thread: tokio::task::spawn_blocking(move || write(queue, &dir)) }
    }

    async fn hand(&mut self, work: Work) -> Result<(), ReceiveError> {
        if self.work.send(work).await.is_ok() {
            return Ok(());
        }
        // The thread ended, so it has an error to tell.
        self.outcome().await.map(|_| ())
    }

    async fn finish(mut self) -> Result<Received, ReceiveError> {
        self.hand(Work::Finish).await?;
        self.outcome().await
    }

    async fn outcome(&mut self) -> Result<Received, ReceiveError> {
        match (&mut self.thread).await {
            Ok(Ok(Some(received))) => Ok(received),
            Ok(Ok(None)) => Err(broken("it was abandoned")),
            Ok(Err(error)) => Err(error),
            Err(error) => Err(broken(&format!("the writer ended: {error}"))),
        }
    }
}

fn write(mut queue: mpsc::Receiver<Work>, dir: &std::path::Path) -> Result<Option<Received>, ReceiveError> {
    let mut disk = Disk::open(dir)?;
    while let Some(work) = queue.blocking_recv() {
        match work {
            Work::Announce(id, entry) => disk.announce(id, entry)?,
            Work::Content(id, bytes) => disk.content(id, &bytes)?,
            Work::End(id) => disk.end(id)?,
            Work::Finish => return disk.finish().map(Some),
        }
    }
    Ok(None)
}

fn packet(kind: PacketType, id: u32, data: Vec<u8>) -> Packet {
    Packet { r#type: kind.into(), id, data, stat: None }
}

fn unexpected(packet: &Packet) -> ReceiveError {
    ReceiveError::Protocol(format!("{} at the wrong time", packet.r#type().as_str_name()))
}

fn broken(why: &str) -> ReceiveError {
    ReceiveError::Broken(why.to_owned())
}
