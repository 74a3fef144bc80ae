//! Copying trees between file systems.

use super::IoError;
use std::fs::{File, FileTimes, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// Copies a file, a link or a directory with all below to a path where nothing is. Modes and times are kept; links stay links.
pub(super) fn copy_tree(from: &Path, to: &Path) -> Result<(), IoError> {
    let data = std::fs::symlink_metadata(from).map_err(IoError::on("look at", from))?;
    if data.is_symlink() {
        let target = std::fs::read_link(from).map_err(IoError::on("read the link", from))?;
        return symlink(target, to).map_err(IoError::on("create", to));
    }
    if data.is_dir() {
        std::fs::create_dir(to).map_err(IoError::on("create", to))?;
        for entry in std::fs::read_dir(from).map_err(IoError::on("list", from))? {
            let name = entry.map_err(IoError::on("list", from))?.file_name();
            copy_tree(&from.join(&name), &to.join(&name))?;
        }
    } else {
        let mut source = File::open(from).map_err(IoError::on("read", from))?;
        let mut copy = File::create_new(to).map_err(IoError::on("create", to))?;
        std::io::copy(&mut source, &mut copy).map_err(IoError::on("write", to))?;
    }
    // A directory gets its mode and time last, when nothing more is made in it.
    let copy = File::open(to).map_err(IoError::on("open", to))?;
    if let Ok(modified) = data.modified() {
        let times = FileTimes::new().set_modified(modified);
        copy.set_times(times).map_err(IoError::on("set the time of", to))?;
    }
    let mode = Permissions::from_mode(data.permissions().mode() & 0o7777);
    copy.set_permissions(mode).map_err(IoError::on("set the mode of", to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_copy_is_like_its_original() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        fs::create_dir_all(from.join("sub")).unwrap();
        fs::write(from.join("sub/file"), "text").unwrap();
        symlink("/none", from.join("link")).unwrap();
        let time = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        for (path, mode) in [("sub/file", 0o4555), ("sub", 0o555)] {
            File::open(from.join(path)).unwrap().set_times(FileTimes::new().set_modified(time)).unwrap();
            fs::set_permissions(from.join(path), Permissions::from_mode(mode)).unwrap();
        }
        copy_tree(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("sub/file")).unwrap(), "text");
        assert_eq!(fs::read_link(to.join("link")).unwrap(), Path::new("/none"));
        for (path, mode) in [("sub/file", 0o4555), ("sub", 0o555)] {
            let data = fs::metadata(to.join(path)).unwrap();
            assert_eq!((data.permissions().mode() & 0o7777, data.modified().unwrap()), (mode, time));
        }
        assert_eq!(copy_tree(&from, &to).unwrap_err().verb, "create");
    }
}
