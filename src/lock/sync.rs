//! Making many files durable at once.

use std::fs::File;
use std::io;

/// Writes everything that is pending on the file system of an open file to its disk: far cheaper than one `fsync` for each of thousands of files.
///
/// # Errors
/// `Unsupported` where the system has no such call; else what `syncfs(2)` says.
#[cfg(target_os = "linux")]
pub fn sync_file_system(on: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(on)?)
}

/// Writes everything that is pending on a file system to its disk, where the system can; here it cannot.
///
/// # Errors
/// Always `Unsupported`.
#[cfg(not(target_os = "linux"))]
pub fn sync_file_system(_on: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
