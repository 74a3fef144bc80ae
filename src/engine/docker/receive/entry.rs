//! One announced entry, checked.

use super::{ReceiveError, Refusal};
use bollard_buildkit_proto::fsutil::types::Stat;

/// Go's `fs.FileMode` bits: <https://pkg.go.dev/io/fs#FileMode>.
mod mode {
    pub const DIRECTORY: u32 = 1 << 31;
    pub const SYMLINK: u32 = 1 << 27;
    pub const DEVICE: u32 = 1 << 26;
    pub const PIPE: u32 = 1 << 25;
    pub const SOCKET: u32 = 1 << 24;
    pub const CHARACTER_DEVICE: u32 = 1 << 21;
    pub const IRREGULAR: u32 = 1 << 19;
    /// All bits that tell a kind.
    pub const KIND: u32 = DIRECTORY | SYMLINK | DEVICE | PIPE | SOCKET | CHARACTER_DEVICE | IRREGULAR;
    pub const PERMISSIONS: u32 = 0o777;
}

/// What the sender announces, with a path that stays below the directory that receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Parts that are neither empty nor `.` nor `..`, with single slashes between them.
    pub path: String,
    pub kind: Kind,
    /// The nine permission bits.
    pub permissions: u32,
    /// Modification time in nanoseconds since 1970.
    pub modified: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Directory,
    File {
        size: u64,
    },
    /// A hard link to the regular file at this path.
    HardLink(String),
    /// A symbolic link with this text.
    Symlink(String),
}

impl Entry {
    /// Checks what can be checked without knowing the other entries.
    pub fn read(stat: Stat) -> Result<Self, ReceiveError> {
        match kind(&stat) {
            Ok(kind) => {
                let permissions = stat.mode & mode::PERMISSIONS;
                Ok(Self { path: stat.path, kind, permissions, modified: stat.mod_time })
            }
            Err(why) => Err(ReceiveError::Refused { path: stat.path, why }),
        }
    }
}

fn kind(stat: &Stat) -> Result<Kind, Refusal> {
    if !stays_inside(&stat.path) {
        return Err(Refusal::Path);
    }
    match stat.mode & mode::KIND {
        mode::DIRECTORY => Ok(Kind::Directory),
        mode::SYMLINK if stat.linkname.is_empty() => Err(Refusal::Link(String::new())),
        mode::SYMLINK => Ok(Kind::Symlink(stat.linkname.clone())),
        0 if !stat.linkname.is_empty() => {
            // Some senders write a hard link's target from the root of the export.
            let target = stat.linkname.trim_start_matches('/');
            if stays_inside(target) { Ok(Kind::HardLink(target.to_owned())) } else { Err(Refusal::Path) }
        }
        0 => {
            let size = u64::try_from(stat.size).map_err(|_| Refusal::Size { announced: 0, received: 0 })?;
            Ok(Kind::File { size })
        }
        mode::PIPE => Err(Refusal::Pipe),
        mode::SOCKET => Err(Refusal::Socket),
        bits if bits & mode::DEVICE != 0 => Err(Refusal::Device),
        _ => Err(Refusal::Kind(stat.mode)),
    }
}

fn stays_inside(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | "..")) && !path.contains('\0')
}
