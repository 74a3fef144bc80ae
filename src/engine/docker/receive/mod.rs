//! Receiving files that the engine exports: the receiver of BuildKit's file transfer (`moby.filesync.v1.FileSend/DiffCopy`).
//!
//! Protocol: <https://github.com/tonistiigi/fsutil>, `receive.go`. The sender announces every entry in the order of a walk with
//! `PACKET_STAT`, ids counting from 0 over all entries, and ends with one that is empty. For each regular file that is wanted the
//! receiver sends `PACKET_REQ`; the sender answers with `PACKET_DATA` and ends the file with one that is empty, several files at a
//! time. When all is there the receiver sends `PACKET_FIN` and gets one back.
//!
//! What is written: directories, regular files, symbolic links as they are, and hard links between received files. Of the mode only
//! the nine permission bits are kept: files belong to the invoking user, and a set-user-id bit would hand that user's rights on.
//! Owners and extended attributes are left out. Modification times are kept. Devices, sockets and pipes are refused.

mod disk;
mod entry;
mod error;
mod protocol;

pub use error::{ReceiveError, Refusal};
pub use protocol::{Received, receive};

#[cfg(test)]
mod tests;
