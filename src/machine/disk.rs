//! Room on a disk.

use std::path::Path;

/// How much a user without privileges can still write to the file system of this path, in bytes; `None` where nobody tells.
#[must_use]
pub fn free_space(path: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(path).ok()?;
    told.f_bavail.checked_mul(told.f_frsize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_room_and_nothing_has_none() {
        assert!(free_space(Path::new("/")).is_some());
        assert_eq!(free_space(Path::new("/no/such/place")), None);
    }
}
