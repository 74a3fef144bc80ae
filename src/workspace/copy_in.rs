//! `COPY` to this machine: an artifact goes where `cp` would put it.

use super::IoError;
use super::destination::{Artifact, Destination};
use super::place::PlaceError;
use super::staging::Staging;
use std::path::{Path, PathBuf};

/// Where artifacts are copied to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyIn {
    /// The directory that the destination is relative to, absolute.
    pub base: PathBuf,
    /// The destination. A directory where it ends with `/` or is one.
    pub dest: String,
    /// Whether directories are copied themselves, and not what they hold.
    pub dir: bool,
}

impl CopyIn {
    /// A place to prepare the files in.
    ///
    /// # Errors
    /// When nothing can be made near the destination.
    pub fn stage(&self) -> Result<Staging, PlaceError> {
        Ok(Staging::new(&self.to("artifact", false).near()?)?)
    }

    /// Moves what was prepared to its place: files replace files, and directories are merged.
    ///
    /// # Errors
    /// If the system refuses; [`PlaceError::Nothing`] when nothing was prepared.
    pub fn place(&self, staging: &Staging) -> Result<(), PlaceError> {
        let tree = staging.path();
        let read = |error| IoError::on("read", &tree)(error);
        let mut entries = std::fs::read_dir(&tree).map_err(read)?.collect::<Result<Vec<_>, _>>().map_err(read)?;
        entries.sort_unstable_by_key(std::fs::DirEntry::file_name);
        if entries.is_empty() {
            return Err(PlaceError::Nothing);
        }
        for entry in entries {
            let from = entry.path();
            let whole = entry.file_type().map_err(IoError::on("read", &from))?.is_dir();
            let destination = self.to(&entry.file_name().to_string_lossy(), whole);
            let own = Staging::new(&destination.near()?)?;
            let to = if whole { own.path() } else { own.path().join(entry.file_name()) };
            // An empty directory gives way to one.
            std::fs::rename(&from, &to).map_err(IoError::on("move", &from))?;
            own.check(destination)?.place()?;
        }
        Ok(())
    }

    /// Where a file of this name goes; `whole`: what a directory of this name holds.
    fn to(&self, name: &str, whole: bool) -> Destination {
        let into = self.dest.is_empty()
            || self.dest.ends_with('/')
            || matches!(
                Path::new(&self.dest).components().next_back(),
                Some(std::path::Component::CurDir | std::path::Component::ParentDir)
            )
            || self.base.join(&self.dest).is_dir();
        let slash = if self.dest.is_empty() || self.dest.ends_with('/') { "" } else { "/" };
        let text = match (whole, self.dir && into) {
            (true, true) => format!("{}{slash}{name}/", self.dest),
            (true, false) => format!("{}{slash}", self.dest),
            (false, _) if into => format!("{}{slash}", self.dest),
            (false, _) => self.dest.clone(),
        };
        let artifact = if whole { Artifact::Whole } else { Artifact::One };
        Destination { base: self.base.clone(), text, force: true, artifact }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Prepares a file, or a directory with a file, and copies it.
    fn copied(base: &Path, dest: &str, dir: bool, directory: bool) {
        let copying = CopyIn { base: base.to_owned(), dest: dest.to_owned(), dir };
        let staging = copying.stage().unwrap();
        if directory {
            fs::create_dir(staging.path().join("tree")).unwrap();
            fs::write(staging.path().join("tree/file"), "new").unwrap();
        } else {
            fs::write(staging.path().join("file"), "new").unwrap();
        }
        copying.place(&staging).unwrap();
    }

    #[test]
    fn artifacts_go_where_cp_puts_them() {
        for (dest, dir, directory, expected) in [
            ("new", false, false, "new"),
            ("new/", false, false, "new/file"),
            ("there", false, false, "there/file"),
            (".", false, false, "file"),
            ("", false, false, "file"),
            ("there", false, true, "there/file"),
            ("there", true, true, "there/tree/file"),
            ("deep/new", false, true, "deep/new/file"),
            (".", false, true, "file"),
        ] {
            let base = tempfile::tempdir().unwrap();
            fs::create_dir(base.path().join("there")).unwrap();
            fs::write(base.path().join("there/kept"), "").unwrap();
            fs::write(base.path().join("file"), "old").unwrap();
            copied(base.path(), dest, dir, directory);
            assert_eq!(fs::read_to_string(base.path().join(expected)).unwrap(), "new", "{dest} {dir} {directory}");
            assert!(base.path().join("there/kept").exists(), "{dest} {dir} {directory}");
            let left = fs::read_dir(base.path()).unwrap();
            assert!(left.flatten().all(|entry| !entry.file_name().to_string_lossy().starts_with(".rbuild")));
        }
    }

    #[test]
    fn nothing_is_told() {
        let base = tempfile::tempdir().unwrap();
        let copying = CopyIn { base: base.path().to_owned(), dest: "x".to_owned(), dir: false };
        let staging = copying.stage().unwrap();
        assert!(matches!(copying.place(&staging), Err(PlaceError::Nothing)));
    }
}
