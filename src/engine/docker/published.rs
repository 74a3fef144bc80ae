//! What registries hold now.

use super::client::status;
use super::keychain::Registry;
use super::{Credentials, Docker};
use crate::engine::EngineError;
use crate::image_name::ImageName;

impl Docker {
    /// The digest that a name has at its registry, whatever the engine's store holds; `None` where there is no such name, or where the
    /// asker may not know. The engine asks, so its mirrors and certificates count.
    ///
    /// # Errors
    /// [`EngineError::Connection`].
    pub async fn published(&self, image: &ImageName, credentials: &Credentials) -> Result<Option<String>, EngineError> {
        let asked = || format!("ask the registry for `{}`", image.familiar());
        let header = credentials.header(&Registry::of(image.registry()));
        let header = header.map_err(|error| EngineError::Connection { action: asked(), message: error.to_string() })?;
        match self.signed(header).inspect_registry_image(&image.normalized(), None).await {
            Ok(found) => Ok(found.descriptor.digest),
            Err(error) if matches!(status(&error), Some(401 | 403 | 404)) => Ok(None),
            Err(error) => Err(self.fault(&asked(), &error)),
        }
    }
}
