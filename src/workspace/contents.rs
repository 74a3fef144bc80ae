//! Whether files are still the same: by their content, and by a glance at what the system tells of them.

use super::context::Context;
use super::{Ignore, IoError};
use crate::digest::{Digest, Digester};
use crate::tree::{Entry, EntryKind, Tree};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// So much is read at once.
const BLOCK: usize = 64 << 10;
/// A file that changed within this time may change again without its times telling.
const RESTLESS: Duration = Duration::from_secs(2);

/// The digest of a tree: names, kinds, modes, contents and where links lead. Owners and times do not count.
///
/// # Errors
/// When something of it cannot be read.
pub fn tree_digest(tree: &dyn Tree) -> io::Result<Digest> {
    let mut digester = Digester::default();
    for entry in tree.entries()? {
        digester.field(&entry.path);
        digester.add(entry.mode.to_be_bytes());
        match &entry.kind {
            EntryKind::Directory => digester.field("directory"),
            EntryKind::Symlink { target } => {
                digester.field("link");
                digester.field(target);
            }
            EntryKind::File { .. } => {
                digester.field("file");
                digester.field(file_digest(tree.open(&entry.path)?)?.hex());
            }
        }
    }
    Ok(digester.end())
}

/// The digest of what lies at a path: a file, a link or a whole directory; `None` where nothing does.
///
/// # Errors
/// With the path, when it cannot be read.
pub fn path_digest(path: &Path) -> Result<Option<Digest>, IoError> {
    let data = match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        data => data.map_err(IoError::on("look at", path))?,
    };
    let mut digester = Digester::default();
    if data.is_symlink() {
        let target = path.read_link().map_err(IoError::on("read the link", path))?;
        digester.field("link");
        digester.field(target.as_os_str().as_encoded_bytes());
        return Ok(Some(digester.end()));
    }
    digester.add((data.mode() & 0o7777).to_be_bytes());
    let read = IoError::on("read", path);
    let content = if data.is_dir() {
        tree_digest(&Context::new(path, Vec::new(), Ignore::default()))
    } else {
        File::open(path).and_then(file_digest)
    };
    digester.field(if data.is_dir() { "directory" } else { "file" });
    digester.field(content.map_err(read)?.hex());
    Ok(Some(digester.end()))
}

/// The digest of what a file holds.
fn file_digest(mut file: File) -> io::Result<Digest> {
    let (mut digester, mut block) = (Digester::default(), vec![0; BLOCK]);
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(digester.end()),
            Ok(read) => digester.add(&block[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// What the system tells of the entries of a tree, without a look into them: modes, and of files sizes, times and numbers of inodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance {
    /// The digest of that. It includes the times of the last change of each inode, which no program can set: equal ones mean that nothing
    /// has changed.
    pub digest: Digest,
    /// Whether that may be relied on later: nothing has changed shortly before.
    pub is_settled: bool,
}

/// Looks at the entries of a tree below `root`.
///
/// # Errors
/// With the path, when one of them is not there any more.
pub fn glance(root: &Path, entries: &[Entry], now: SystemTime) -> Result<Glance, IoError> {
    let (mut digester, mut newest) = (Digester::default(), UNIX_EPOCH);
    for entry in entries {
        let path = root.join(&entry.path);
        let data = path.symlink_metadata().map_err(IoError::on("look at", &path))?;
        digester.field(&entry.path);
        digester.add(data.mode().to_be_bytes());
        if data.is_dir() {
            // What it holds is in the list, and what else lies in it says nothing.
            continue;
        }
        for number in [data.dev(), data.ino(), data.size()] {
            digester.add(number.to_be_bytes());
        }
        for number in [data.mtime(), data.mtime_nsec(), data.ctime(), data.ctime_nsec()] {
            digester.add(number.to_be_bytes());
        }
        newest = newest.max(UNIX_EPOCH + Duration::from_secs(data.ctime().try_into().unwrap_or(0)));
    }
    let is_settled = now.duration_since(newest).is_ok_and(|age| age > RESTLESS);
    Ok(Glance { digest: digester.end(), is_settled })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn write(path: &Path, text: &str) {
        fs::write(path, text).unwrap();
    }

    #[test]
    fn whatever_makes_a_difference_changes_the_digest() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("d");
        let file = place.join("a");
        let changes: [(&str, &dyn Fn()); 8] = [
            ("made", &|| fs::create_dir(&place).unwrap()),
            ("a file", &|| write(&file, "1")),
            ("its content", &|| write(&file, "2")),
            ("its mode", &|| fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap()),
            ("its name", &|| fs::rename(&file, place.join("b")).unwrap()),
            ("a link", &|| symlink("b", place.join("l")).unwrap()),
            ("a directory", &|| fs::create_dir(place.join("e")).unwrap()),
            ("the directory's mode", &|| fs::set_permissions(&place, PermissionsExt::from_mode(0o700)).unwrap()),
        ];
        let mut seen = vec![path_digest(&place).unwrap()];
        assert_eq!(seen, [None]);
        for (what, change) in changes {
            change();
            let digest = path_digest(&place).unwrap();
            assert!(!seen.contains(&digest), "{what}");
            seen.push(digest);
        }
        let of = |path: &str| path_digest(&place.join(path)).unwrap();
        assert_ne!(of("l"), of("b"), "a link is not followed");
        let before = of("b");
        fs::File::open(place.join("b")).unwrap().set_modified(UNIX_EPOCH).unwrap();
        assert_eq!(of("b"), before, "times do not count");
    }

    #[test]
    fn a_glance_tells_that_something_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        write(&path, "1");
        let entries = Context::new(dir.path(), Vec::new(), Ignore::default()).entries().unwrap();
        let look = |later: u64| glance(dir.path(), &entries, SystemTime::now() + Duration::from_secs(later)).unwrap();
        assert_eq!(look(0).digest, look(9).digest);
        write(&dir.path().join("beside"), "");
        assert_eq!(look(0).digest, look(9).digest, "the directory has changed, and what is looked at has not");
        assert!(!look(0).is_settled && look(9).is_settled);
        let (before, modified) = (look(0), path.metadata().unwrap().modified().unwrap());
        // The clock of a file system may stand still for some milliseconds.
        while glance(dir.path(), &entries, SystemTime::now()).unwrap() == before {
            write(&path, "2");
            fs::File::open(&path).unwrap().set_modified(modified).unwrap();
        }
        assert_eq!(path.metadata().unwrap().modified().unwrap(), modified);
        fs::remove_file(&path).unwrap();
        assert!(glance(dir.path(), &entries, SystemTime::now()).is_err());
    }
}
