//! Replacing the text of a file of the user's.

use super::IoError;
use std::io::Write as _;
use std::path::Path;

/// Replaces a file by this text in one step, its permissions kept: whoever reads it sees the old text or the new one. Where `path` is a
/// link, the file that it leads to is replaced.
///
/// # Errors
/// If the system refuses; then the file is as it was.
pub fn rewrite(path: &Path, text: &str) -> Result<(), IoError> {
    let path = &path.canonicalize().map_err(IoError::on("find", path))?;
    let dir = path.parent().unwrap_or(path);
    let permissions = std::fs::metadata(path).map_err(IoError::on("read", path))?.permissions();
    let mut file =
        tempfile::Builder::new().prefix(".rbuild-").tempfile_in(dir).map_err(IoError::on("create a file in", dir))?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_data());
    written.map_err(IoError::on("write", file.path()))?;
    file.as_file().set_permissions(permissions).map_err(IoError::on("set the permissions of", file.path()))?;
    file.persist(path).map_err(|error| IoError::on("replace", path)(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    #[test]
    fn permissions_and_links_stay() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("file", &link).unwrap();
        rewrite(&link, "new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing else is left");
    }

    #[test]
    fn what_is_not_there_is_an_error_with_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let error = rewrite(&dir.path().join("none"), "new").unwrap_err();
        assert!(error.to_string().starts_with("cannot find `/"), "{error}");
    }
}
