//! Files that are written in one step.

use super::error::IoError;
use std::io::Write as _;
use std::path::Path;

/// Writes a whole file, so that nobody sees half of one: under another name beside it, which is then given its own. Directories on the
/// way are made; a file that is there keeps its permissions. What is there and is no file, such as `/dev/stdout`, is written to.
///
/// # Errors
/// When a directory or the file cannot be written.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<(), IoError> {
    // A link stays, and what it leads to is replaced.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if path.metadata().is_ok_and(|known| !known.is_file()) {
        return std::fs::write(path, content).map_err(IoError::on("write", path));
    }
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(dir).map_err(IoError::on("make", dir))?;
    let write = || -> std::io::Result<()> {
        let mut new = tempfile::Builder::new().prefix(".rbuild-").permissions(mode()).tempfile_in(dir)?;
        new.write_all(content)?;
        new.as_file().sync_data()?;
        if let Ok(known) = path.metadata() {
            new.as_file().set_permissions(known.permissions())?;
        }
        new.persist(path)?;
        Ok(())
    };
    write().map_err(IoError::on("write", path))
}

/// What the user's mask leaves of this, as for files that programs make.
fn mode() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn names(dir: &Path) -> Vec<String> {
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = std::fs::read_dir(dir).unwrap().map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_there_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out/reports/junit.xml");
        write_whole(&path, b"one").unwrap();
        write_whole(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(names(path.parent().unwrap()), ["junit.xml"]);
        let plain = dir.path().join("plain");
        std::fs::write(&plain, "").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
        assert_eq!(mode(&path), mode(&plain));
    }

    #[test]
    fn links_and_devices_stay() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        write_whole(&link, b"new").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
        assert!(link.is_symlink());
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
        write_whole(Path::new("/dev/null"), b"gone").unwrap();
        assert!(!Path::new("/dev/null").metadata().unwrap().is_file());
    }

    #[test]
    fn what_cannot_be_written_is_told_with_its_path() {
        let dir = tempfile::tempdir().unwrap();
        let error = write_whole(dir.path(), b"").unwrap_err().to_string();
        assert!(error.contains(&dir.path().display().to_string()), "{error}");
        assert!(write_whole(&dir.path().join("file/below"), b"").is_ok());
        assert!(write_whole(&dir.path().join("file/below/that"), b"").is_err());
        assert_eq!(names(&dir.path().join("file")), ["below"]);
    }
}
