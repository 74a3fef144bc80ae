//! How long steps took, so that the longest way can go first.

use super::numbers::Numbers;
use crate::digest::Digest;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file in the cache directory: a JSON object of milliseconds by the digest of what a step does.
const FILE: &str = "durations.json";

/// Durations of earlier and of this invocation's steps.
#[derive(Debug, Default)]
pub struct Durations(Numbers);

impl Durations {
    /// Where they are kept.
    #[must_use]
    pub fn file(cache_dir: &Path) -> PathBuf {
        cache_dir.join(FILE)
    }

    /// What the cache directory holds.
    #[must_use]
    pub fn load(cache_dir: &Path) -> Self {
        Self(Numbers::load(Self::file(cache_dir)))
    }

    /// How long a step took the last time, by the digest of what it does.
    #[must_use]
    pub fn get(&self, step: &Digest) -> Option<Duration> {
        self.0.get(step).map(Duration::from_millis)
    }

    /// Notes how long a step took.
    pub fn note(&self, step: &Digest, took: Duration) {
        self.0.note(step, u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    }

    /// Writes what is new, for later invocations.
    pub fn save(&self) {
        self.0.save();
    }
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
