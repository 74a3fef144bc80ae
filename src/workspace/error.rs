//! I/O errors that say what was tried.

use std::io;
use std::path::{Path, PathBuf};

/// What the system said, with what was tried and on which file.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} `{}`: {source}", path.display())]
pub struct IoError {
    /// What was tried: `read`, `rename`.
    pub verb: &'static str,
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl IoError {
    /// Makes an error of what the system said: `.map_err(IoError::on("read", path))`.
    pub fn on(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { verb, path: path.to_owned(), source }
    }
}

impl From<IoError> for io::Error {
    /// Keeps the kind, so that callers can still tell a missing file from an unreadable one.
    fn from(error: IoError) -> Self {
        Self::new(error.source.kind(), error)
    }
}
