//! What can go wrong while files are received, as data.

use crate::engine::EngineError;
use std::io;

/// Why files could not be received.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// An entry that is not written.
    #[error("`{path}` cannot be exported: {why}")]
    Refused {
        /// The entry, as the sender calls it.
        path: String,
        /// What is wrong with it.
        why: Refusal,
    },
    /// The disk did not take it.
    #[error("{verb} {path}: {error}")]
    Disk {
        /// What was being done: `write`.
        verb: &'static str,
        /// The file, below the directory that receives.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// The sender gave up.
    #[error("the engine could not send the files: {0}")]
    Sender(String),
    /// The sender does not keep to the protocol.
    #[error("the engine's file transfer makes no sense: {0}")]
    Protocol(String),
    /// The connection broke.
    #[error("the engine's file transfer broke off: {0}")]
    Broken(String),
}

/// Why an entry is not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An absolute path, or one with an empty part, `.` or `..`.
    #[error("its path does not stay in the export")]
    Path,
    /// What it should lie in is no directory of this export.
    #[error("it lies in something that is not a directory of the export")]
    Parent,
    /// The path was there already.
    #[error("it was sent twice")]
    Twice,
    /// A device.
    #[error("it is a device; copy files, directories and links only")]
    Device,
    /// A socket.
    #[error("it is a socket; remove it in the step that makes it")]
    Socket,
    /// A named pipe.
    #[error("it is a named pipe; remove it in the step that makes it")]
    Pipe,
    /// Of no kind that is known.
    #[error("it is of a kind that is not known (mode {0:#o})")]
    Kind(u32),
    /// A link to nothing, or a hard link to what is no regular file of this export.
    #[error("it is a link to `{0}`, which was not sent as a regular file")]
    Link(String),
    /// The content is not as long as announced.
    #[error("{announced} bytes were announced and {received} came")]
    Size {
        /// Bytes announced.
        announced: u64,
        /// Bytes that came, so far.
        received: u64,
    },
}

impl From<ReceiveError> for EngineError {
    fn from(error: ReceiveError) -> Self {
        Self::Other(error.to_string())
    }
}
