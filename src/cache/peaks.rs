//! How much memory steps needed, so that no more run at once than there is memory for.

use super::numbers::Numbers;
use crate::digest::Digest;
use std::path::Path;

/// The file in the cache directory: a JSON object of bytes by the digest of what a step does.
const FILE: &str = "peaks.json";

/// The most memory that earlier and this invocation's steps needed, in bytes.
#[derive(Debug, Default)]
pub struct Peaks(Numbers);

impl Peaks {
    /// What the cache directory holds.
    #[must_use]
    pub fn load(cache_dir: &Path) -> Self {
        Self(Numbers::load(cache_dir.join(FILE)))
    }

    /// How much a step needed the last time, by the digest of what it does.
    #[must_use]
    pub fn get(&self, step: &Digest) -> Option<u64> {
        self.0.get(step)
    }

    /// Notes how much a step needed.
    pub fn note(&self, step: &Digest, bytes: u64) {
        self.0.note(step, bytes);
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
    fn peaks_are_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let (step, peaks) = (Digest::of("a"), Peaks::load(dir.path()));
        peaks.note(&step, 5 << 30);
        peaks.save();
        assert_eq!(Peaks::load(dir.path()).get(&step), Some(5 << 30));
    }
}
