//! Why credentials could not be had, as data. No secret is in any of it.

use crate::engine::EngineError;
use std::path::PathBuf;

/// Why credentials could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeychainError {
    /// The configuration file cannot be read.
    #[error("read {path}: {message}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The file's entry for a registry is damaged.
    #[error("the entry for `{registry}` in {path} is damaged; type `docker login {registry}`")]
    Entry {
        /// The file.
        path: PathBuf,
        /// The registry.
        registry: String,
    },
    /// A helper that the file names does not exist.
    #[error(
        "the credential helper `{helper}` that {path} names is not on PATH; install it or take its name out of the file"
    )]
    NoHelper {
        /// Its program.
        helper: String,
        /// The file.
        path: PathBuf,
    },
    /// A helper failed.
    #[error("the credential helper `{helper}` failed for `{registry}`: {message}")]
    Helper {
        /// Its program.
        helper: String,
        /// The registry.
        registry: String,
        /// What it said, or how it ended.
        message: String,
    },
}

impl From<KeychainError> for EngineError {
    fn from(error: KeychainError) -> Self {
        Self::Other(error.to_string())
    }
}
