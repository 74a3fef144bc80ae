//! Numbers about steps, in a file. Nothing but the order of steps depends on them: what is lost or damaged is forgotten.

use crate::digest::Digest;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Steps that are remembered. When there are more, those that this invocation did not see go.
const MOST: usize = 20_000;

/// Numbers of earlier and of this invocation's steps, by the digest of what a step does. The file is a JSON object.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    file: Option<PathBuf>,
    known: BTreeMap<String, u64>,
    new: Mutex<BTreeMap<String, u64>>,
}

impl Numbers {
    /// What a file holds.
    pub fn load(file: PathBuf) -> Self {
        let known = read(&file);
        Self { file: Some(file), known, new: Mutex::default() }
    }

    /// A step's number of an earlier invocation.
    pub fn get(&self, step: &Digest) -> Option<u64> {
        self.known.get(&step.hex()).copied()
    }

    /// Notes a step's number.
    pub fn note(&self, step: &Digest, number: u64) {
        self.new.lock().unwrap_or_else(PoisonError::into_inner).insert(step.hex(), number);
    }

    /// Writes what is new beside what other processes have written meanwhile. Readers see the old file or the new one; of two writers
    /// at the same moment one may be forgotten, which costs nothing but a worse guess.
    pub fn save(&self) {
        let new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = self.file.as_ref().filter(|_| !new.is_empty()) else { return };
        let mut all = read(file);
        all.extend(new.iter().map(|(step, number)| (step.clone(), *number)));
        if all.len() > MOST {
            all.clone_from(&new);
        }
        if let Err(error) = write(file, &all) {
            tracing::debug!(%error, file = %file.display(), "numbers are not remembered");
        }
    }
}

fn read(file: &Path) -> BTreeMap<String, u64> {
    std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

fn write(file: &Path, all: &BTreeMap<String, u64>) -> std::io::Result<()> {
    let dir = file.parent().ok_or(std::io::ErrorKind::NotFound)?;
    std::fs::create_dir_all(dir)?;
    let mut new = tempfile::NamedTempFile::new_in(dir)?;
    new.write_all(&serde_json::to_vec(all)?)?;
    new.persist(file)?;
    Ok(())
}
