//! Looking names up in registries, through the engine: it may reach some that this machine does not, and trusts some more.

use super::client::{status, words};
use super::keychain::Registry;
use super::{Credentials, Docker};
use crate::engine::EngineError;
use crate::image_name::ImageName;

/// What registries say of what they do not have, whatever status the engine makes of it.
const UNKNOWN: [&str; 4] = ["manifest unknown", "name unknown", "not found", "404"];

impl Docker {
    /// The digest of what a registry has under this name; `None` when it has nothing.
    ///
    /// # Errors
    /// [`EngineError::Other`] with the words of the engine or the registry.
    pub async fn digest(&self, name: &ImageName, credentials: &Credentials) -> Result<Option<String>, EngineError> {
        let failed = |message: String| EngineError::Other(message);
        let header = credentials.header(&Registry::of(name.registry())).map_err(|error| failed(error.to_string()))?;
        match self.signed(header).inspect_registry_image(&name.normalized(), None).await {
            Ok(found) => Ok(found.descriptor.digest),
            Err(error) if is_missing(status(&error), &words(&error)) => Ok(None),
            Err(error) => Err(failed(words(&error))),
        }
    }
}

/// Whether an answer means that there is no such thing.
fn is_missing(status: Option<u16>, words: &str) -> bool {
    let words = words.to_lowercase();
    status == Some(404) || (status.is_some() && UNKNOWN.iter().any(|unknown| words.contains(unknown)))
}
