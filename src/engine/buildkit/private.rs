//! Names that images of the engine's store have for the time of one step.

use super::unique;
use crate::engine::docker::inner::INPUTS;
use crate::engine::docker::{Docker, inner};
use std::time::{SystemTime, UNIX_EPOCH};

/// Age in seconds from which a private name's client must be gone.
const OLD: u64 = 2 * 60 * 60;

/// Private names; they are forgotten when this is dropped.
pub struct PrivateNames {
    docker: Docker,
    names: Vec<String>,
}

impl PrivateNames {
    /// None yet.
    pub fn new(docker: &Docker) -> Self {
        Self { docker: docker.clone(), names: Vec::new() }
    }

    /// A new one.
    pub fn add(&mut self) -> String {
        let name = format!("docker.io/{INPUTS}:{}-{}", now(), unique::name());
        self.names.push(name.clone());
        name
    }

    /// Takes them from their images.
    pub async fn forget(mut self) {
        let names = std::mem::take(&mut self.names);
        forget(&self.docker, names).await;
    }
}

impl Drop for PrivateNames {
    fn drop(&mut self) {
        let (docker, names) = (self.docker.clone(), std::mem::take(&mut self.names));
        if let Ok(runtime) = tokio::runtime::Handle::try_current()
            && !names.is_empty()
        {
            runtime.spawn(async move { forget(&docker, names).await });
        }
    }
}

async fn forget(docker: &Docker, names: Vec<String>) {
    for name in names {
        docker.forget(&name).await;
    }
}

/// Removes what clients left behind that were killed.
pub async fn forget_old(docker: &Docker) {
    let both = tokio::join!(docker.forget_old(INPUTS, now().saturating_sub(OLD)), inner::remove_stale(docker));
    if let (Err(error), _) | (_, Err(error)) = both {
        tracing::debug!(%error, "what killed clients left stays");
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}
