//! What whole invocations left, so that later ones can see that there is nothing to do.

use crate::digest::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The directory in the cache directory.
const DIR: &str = "skips";
/// Records that are kept. When there are more, those that were used longest ago go.
const KEPT: usize = 1000;

/// The records: a JSON file for each invocation, named for the digest of what it was asked. Readers see a whole record, or none.
#[derive(Debug, Clone)]
pub struct Skips {
    dir: PathBuf,
}

impl Skips {
    /// Where they are kept.
    #[must_use]
    pub fn dir(cache_dir: &Path) -> PathBuf {
        cache_dir.join(DIR)
    }

    /// Records in this directory, which is made when there is one to keep.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// A record. One that is damaged, or of another version, is none.
    #[must_use]
    pub fn load<T: DeserializeOwned>(&self, key: &Digest) -> Option<T> {
        serde_json::from_slice(&std::fs::read(self.file(key)).ok()?).ok()
    }

    /// Notes that a record was used: those that nobody uses go first.
    pub fn touch(&self, key: &Digest) {
        let touched = std::fs::File::open(self.file(key)).and_then(|file| file.set_modified(SystemTime::now()));
        if let Err(error) = touched {
            tracing::debug!(%error, "the use of a record is not noted");
        }
    }

    /// Keeps a record in place of an earlier one.
    ///
    /// # Errors
    /// When it cannot be written; an earlier one stays, and is as true as before.
    pub fn save<T: Serialize>(&self, key: &Digest, record: &T) -> io::Result<()> {
        std::fs::create_dir_all(&self.dir)?;
        let mut new = tempfile::NamedTempFile::new_in(&self.dir)?;
        new.write_all(&serde_json::to_vec(record)?)?;
        new.as_file().sync_all()?;
        new.persist(self.file(key))?;
        self.forget();
        Ok(())
    }

    fn file(&self, key: &Digest) -> PathBuf {
        self.dir.join(format!("{}.json", key.hex()))
    }

    /// Removes the oldest of too many. What cannot be removed stays for the next time.
    fn forget(&self) {
        let Ok(entries) = std::fs::read_dir(&self.dir) else { return };
        let used = |entry: io::Result<std::fs::DirEntry>| {
            let path = entry.ok()?.path();
            let is_record = path.extension().is_some_and(|extension| extension == "json");
            Some((path.metadata().and_then(|data| data.modified()).ok()?, path)).filter(|_| is_record)
        };
        let mut all: Vec<(SystemTime, PathBuf)> = entries.filter_map(used).collect();
        all.sort();
        for (_, path) in all.iter().rev().skip(KEPT) {
            let _left = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_record_is_kept_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let skips = Skips::new(Skips::dir(dir.path()));
        let (a, b) = (Digest::of("a"), Digest::of("b"));
        assert_eq!(skips.load::<Vec<u32>>(&a), None);
        skips.save(&a, &vec![1, 2]).unwrap();
        skips.save(&a, &vec![3]).unwrap();
        assert_eq!((skips.load(&a), skips.load::<Vec<u32>>(&b)), (Some(vec![3]), None));
        for damage in ["", "[3", "{}", "\"text\""] {
            std::fs::write(skips.file(&a), damage).unwrap();
            assert_eq!(skips.load::<Vec<u32>>(&a), None, "{damage}");
        }
        let files = std::fs::read_dir(Skips::dir(dir.path())).unwrap().count();
        assert_eq!(files, 1, "nothing is left over");
    }

    #[test]
    fn those_that_are_not_used_go_first() {
        let dir = tempfile::tempdir().unwrap();
        let skips = Skips::new(dir.path().to_owned());
        let key = |number: usize| Digest::of(number.to_string());
        for number in 0..KEPT {
            std::fs::write(skips.file(&key(number)), "1").unwrap();
            let age = Duration::from_secs(number as u64 + 100);
            let file = std::fs::File::open(skips.file(&key(number))).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        std::fs::write(dir.path().join("not-ours"), "").unwrap();
        skips.touch(&key(KEPT - 1));
        skips.save(&key(KEPT), &2).unwrap();
        let held = |number: usize| skips.load::<u32>(&key(number)).is_some();
        assert!(held(KEPT) && held(KEPT - 1) && held(0) && !held(KEPT - 2));
        assert!(dir.path().join("not-ours").exists());
    }
}
