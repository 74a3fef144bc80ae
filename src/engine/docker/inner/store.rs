//! The engine's own store: the images that steps begin with.

use super::key::Content;
use crate::engine::EngineError;
use crate::engine::docker::client::words;
use crate::engine::docker::image_config::image_config;
use crate::engine::docker::images::serves;
use crate::engine::docker::keychain::Registry;
use crate::engine::docker::{Credentials, Docker};
use crate::image_name::ImageName;
use crate::platform::Platform;
use bollard::query_parameters::{CreateImageOptionsBuilder, ListImagesOptionsBuilder, RemoveImageOptionsBuilder};
use futures_util::StreamExt as _;
use std::collections::HashMap;

impl Docker {
    /// What an image of the store is; `None` when it is not there, or for another platform.
    ///
    /// # Errors
    /// [`EngineError::Connection`].
    pub async fn content(&self, image: &ImageName, platform: &Platform) -> Result<Option<Content>, EngineError> {
        let Some(found) = self.inspect(image).await? else { return Ok(None) };
        if !serves(&found, platform, self.platform()) {
            return Ok(None);
        }
        let layers = found.root_fs.and_then(|root| root.layers).unwrap_or_default();
        Ok(Some(Content { layers, config: image_config(found.config.unwrap_or_default()) }))
    }

    /// Pulls an image from its registry into the store.
    ///
    /// # Errors
    /// [`EngineError::Image`] with the words of the engine or the registry.
    pub async fn pull(
        &self,
        image: &ImageName,
        platform: &Platform,
        credentials: &Credentials,
    ) -> Result<(), EngineError> {
        let fault =
            |message: String| EngineError::Image { image: image.familiar(), platform: platform.to_string(), message };
        let header = credentials.header(&Registry::of(image.registry())).map_err(|error| fault(error.to_string()))?;
        let options = CreateImageOptionsBuilder::default()
            .from_image(&image.normalized())
            .platform(&platform.to_string())
            .build();
        let api = self.signed(header);
        let mut progress = Box::pin(api.create_image(Some(options), None, None));
        while let Some(step) = progress.next().await {
            step.map_err(|error| fault(words(&error)))?;
        }
        Ok(())
    }

    /// Takes a private name from an image of the store. That it fails is of no matter now: [`Docker::forget_old`] tries again.
    pub async fn forget(&self, name: &str) {
        let options = RemoveImageOptionsBuilder::default().build();
        if let Err(error) = self.api.remove_image(name, Some(options), None).await {
            tracing::debug!(%error, name, "the image keeps its private name");
        }
    }

    /// Takes private names that clients left behind which were killed: those of a repository whose tags begin with a time (seconds
    /// since 1970, then `-`) before `time`.
    ///
    /// # Errors
    /// [`EngineError::Connection`].
    pub async fn forget_old(&self, repository: &str, time: u64) -> Result<(), EngineError> {
        let filters = HashMap::from([("reference", vec![repository])]);
        let options = ListImagesOptionsBuilder::default().filters(&filters).build();
        let found = self.api.list_images(Some(options)).await;
        let found = found.map_err(|error| self.fault("list the images", &error))?;
        for name in found.iter().flat_map(|image| &image.repo_tags) {
            if name.rsplit_once(':').is_some_and(|(_, tag)| is_before(tag, time)) {
                self.forget(name).await;
            }
        }
        Ok(())
    }
}

/// Whether a tag tells a time before this one.
fn is_before(tag: &str, time: u64) -> bool {
    tag.split_once('-').and_then(|(made, _)| made.parse::<u64>().ok()).is_some_and(|made| made < time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_private_names_are_forgotten() {
        for (tag, expected) in
            [("100-ab", true), ("200-ab", false), ("201-ab", false), ("latest", false), ("1.0-x", false)]
        {
            assert_eq!(is_before(tag, 200), expected, "{tag}");
        }
    }
}
