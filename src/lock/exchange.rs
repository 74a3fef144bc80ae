//! Swapping two directory entries.

use std::io;
use std::path::Path;

/// Swaps what two paths name, in one step: nobody ever sees one of them missing. Both must exist, on one file system.
///
/// # Errors
/// `Unsupported` where the system or the file system cannot do it; else what `renameat2(2)` says.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).map_err(|errno| match errno {
        // an old kernel, and a file system without it
        Errno::NOSYS | Errno::INVAL | Errno::NOTSUP => io::Error::new(io::ErrorKind::Unsupported, errno),
        errno => errno.into(),
    })
}

/// Swaps what two paths name, where the system can; here it cannot.
///
/// # Errors
/// Always `Unsupported`.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub fn exchange(_one: &Path, _other: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_and_a_file_change_places() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (dir.path().join("one"), dir.path().join("other"));
        std::fs::create_dir(&one).unwrap();
        std::fs::write(&other, "text").unwrap();
        match exchange(&one, &other) {
            Ok(()) => assert!(one.is_file() && other.is_dir()),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::Unsupported),
        }
        assert_eq!(exchange(&one, &dir.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
