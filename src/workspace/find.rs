//! Which Buildfile is meant.

use std::path::{Path, PathBuf};

/// The names that are looked for in one directory; the first one wins.
const NAMES: [&str; 3] = ["Buildfile", "Earthfile", "build.earth"];

/// A Buildfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The directory that it lies in.
    pub dir: PathBuf,
    /// Its name.
    pub file_name: String,
    /// A file beside it that would have been read if it were not there: the user should be told.
    pub shadowed: Option<&'static str>,
}

impl Found {
    /// A file of any name. Called `Buildfile` or not, it is read as the name says.
    #[must_use]
    pub fn at(path: &Path) -> Option<Self> {
        let file_name = path.file_name()?.to_str()?.to_owned();
        path.is_file().then(|| Self { dir: path.parent().unwrap_or(path).to_owned(), file_name, shadowed: None })
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.dir.join(&self.file_name)
    }
}

/// Finds the Buildfile of a directory.
#[must_use]
pub fn find_in(dir: &Path) -> Option<Found> {
    let mut names = NAMES.into_iter().filter(|name| dir.join(name).is_file());
    Some(Found { file_name: names.next()?.to_owned(), shadowed: names.next(), dir: dir.to_owned() })
}

/// Finds the Buildfile of a directory or of the nearest directory above it, up to the root of the file system. `start` is absolute.
#[must_use]
pub fn find_upwards(start: &Path) -> Option<Found> {
    start.ancestors().find_map(find_in)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_first_name_wins_and_says_what_it_hides() {
        let dir = tempfile::tempdir().unwrap();
        let check = |expect: Option<(&str, Option<&'static str>)>| {
            let found = find_in(dir.path());
            assert_eq!(found.as_ref().map(|found| (found.file_name.as_str(), found.shadowed)), expect);
        };
        check(None);
        fs::create_dir(dir.path().join("Buildfile")).unwrap();
        check(None);
        fs::write(dir.path().join("build.earth"), "").unwrap();
        check(Some(("build.earth", None)));
        fs::write(dir.path().join("Earthfile"), "").unwrap();
        check(Some(("Earthfile", Some("build.earth"))));
        fs::remove_dir(dir.path().join("Buildfile")).unwrap();
        fs::write(dir.path().join("Buildfile"), "").unwrap();
        check(Some(("Buildfile", Some("Earthfile"))));
    }

    #[test]
    fn parents_are_searched_and_the_nearest_wins() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("a/b/c");
        fs::create_dir_all(&deep).unwrap();
        fs::write(dir.path().join("Buildfile"), "").unwrap();
        assert_eq!(find_upwards(&deep).unwrap().path(), dir.path().join("Buildfile"));
        fs::write(dir.path().join("a/b/Earthfile"), "").unwrap();
        assert_eq!(find_upwards(&deep).unwrap().path(), dir.path().join("a/b/Earthfile"));
        assert_eq!(find_upwards(&dir.path().join("a/b")).unwrap().dir, dir.path().join("a/b"));
    }
}
