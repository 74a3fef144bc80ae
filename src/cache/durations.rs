//! How long steps took, so that the longest way can go first. Nothing but the order of steps depends on it: what is lost or damaged is forgotten.

use crate::digest::Digest;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The file in the cache directory: a JSON object of milliseconds by the digest of what a step does.
const FILE: &str = "durations.json";
/// Steps that are remembered. When there are more, those that this invocation did not see go.
const MOST: usize = 20_000;

/// Durations of earlier and of this invocation's steps.
#[derive(Debug, Default)]
pub struct Durations {
    file: Option<PathBuf>,
    known: BTreeMap<String, u64>,
    new: Mutex<BTreeMap<String, u64>>,
}

impl Durations {
    /// Where they are kept.
    #[must_use]
    pub fn file(cache_dir: &std::path::Path) -> PathBuf {
        cache_dir.join(FILE)
    }

    /// What the cache directory holds.
    #[must_use]
    pub fn load(cache_dir: &std::path::Path) -> Self {
        let file = Self::file(cache_dir);
        let known = read(&file);
        Self { file: Some(file), known, new: Mutex::default() }
    }

    /// How long a step took the last time, by the digest of what it does.
    #[must_use]
    pub fn get(&self, step: &Digest) -> Option<Duration> {
        self.known.get(&step.hex()).map(|millis| Duration::from_millis(*millis))
    }

    /// Notes how long a step took.
    pub fn note(&self, step: &Digest, took: Duration) {
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.new.lock().unwrap_or_else(PoisonError::into_inner).insert(step.hex(), millis);
    }

    /// Writes what is new beside what other processes have written meanwhile. Readers see the old file or the new one; of two writers
    /// at the same moment one may be forgotten, which costs nothing but a worse guess.
    pub fn save(&self) {
        let new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = self.file.as_ref().filter(|_| !new.is_empty()) else { return };
        let mut all = read(file);
        all.extend(new.iter().map(|(step, millis)| (step.clone(), *millis)));
        if all.len() > MOST {
            all.clone_from(&new);
        }
        if let Err(error) = write(file, &all) {
            tracing::debug!(%error, "durations are not remembered");
        }
    }
}

fn read(file: &std::path::Path) -> BTreeMap<String, u64> {
    std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

fn write(file: &std::path::Path, all: &BTreeMap<String, u64>) -> std::io::Result<()> {
    let dir = file.parent().ok_or(std::io::ErrorKind::NotFound)?;
    std::fs::create_dir_all(dir)?;
    let mut new = tempfile::NamedTempFile::new_in(dir)?;
    new.write_all(&serde_json::to_vec(all)?)?;
    new.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_remembered_beside_those_of_others() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (Digest::of("a"), Digest::of("b"));
        let (first, second) = (Durations::load(dir.path()), Durations::load(dir.path()));
        assert_eq!(first.get(&a), None);
        first.note(&a, Duration::from_secs(3));
        second.note(&b, Duration::from_millis(5));
        first.save();
        second.save();
        let both = Durations::load(dir.path());
        assert_eq!(both.get(&a), Some(Duration::from_secs(3)));
        assert_eq!(both.get(&b), Some(Duration::from_millis(5)));
    }

    #[test]
    fn a_damaged_file_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), "{\"half").unwrap();
        let durations = Durations::load(dir.path());
        durations.note(&Digest::of("a"), Duration::from_secs(1));
        durations.save();
        assert_eq!(Durations::load(dir.path()).get(&Digest::of("a")), Some(Duration::from_secs(1)));
    }
}
