//! The engine's own store: the images that steps begin with.

use super::key::Content;
use super::name::USED;
use crate::engine::EngineError;
use crate::engine::docker::client::{status, words};
use crate::engine::docker::image_config::image_config;
use crate::engine::docker::images::serves;
use crate::engine::docker::keychain::Registry;
use crate::engine::docker::{Credentials, Docker};
use crate::image_name::ImageName;
use crate::platform::Platform;
use bollard::query_parameters::{CreateImageOptionsBuilder, ListImagesOptionsBuilder, RemoveImageOptionsBuilder};
use futures_util::StreamExt as _;
use std::collections::HashMap;

/// How exactly the last use of a result is known, in seconds.
const EXACT: u64 = 3600;

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

    /// Takes a private name from an image of the store, and tells whether a container of the image keeps it from going. That it fails is
    /// of no matter now: another client tries it again.
    pub async fn forget(&self, name: &str) -> bool {
        let options = RemoveImageOptionsBuilder::default().build();
        match self.api.remove_image(name, Some(options), None).await {
            Err(error) if status(&error) == Some(409) => true,
            Err(error) if status(&error) != Some(404) => {
                tracing::debug!(%error, name, "the image keeps its private name");
                false
            }
            _ => false,
        }
    }

    /// Takes names of a repository from their images, those whose tags are told to go. That one stays is of no matter.
    ///
    /// # Errors
    /// [`EngineError::Connection`].
    pub async fn forget_some(&self, repository: &str, goes: impl Fn(&str) -> bool) -> Result<(), EngineError> {
        let filters = HashMap::from([("reference", vec![repository])]);
        let options = ListImagesOptionsBuilder::default().filters(&filters).build();
        let found = self.api.list_images(Some(options)).await;
        let found = found.map_err(|error| self.fault("list the images", &error))?;
        for name in found.iter().flat_map(|image| &image.repo_tags) {
            if name.rsplit_once(':').is_some_and(|(_, tag)| goes(tag)) {
                self.forget(name).await;
            }
        }
        Ok(())
    }

    /// Notes that a result is used at this time, in seconds since 1970, and tells whether it is there.
    ///
    /// The classic store tells when an image got a name, the containerd store does not: a name that is the time serves both.
    ///
    /// # Errors
    /// [`EngineError::Connection`].
    pub async fn note_use(&self, result: &ImageName, time: u64) -> Result<bool, EngineError> {
        let Some(found) = self.inspect(result).await? else { return Ok(false) };
        let names = found.repo_tags.unwrap_or_default();
        let marks: Vec<(u64, &String)> = names.iter().filter_map(|name| Some((used(name)?, name))).collect();
        if marks.iter().any(|(marked, _)| time.saturating_sub(*marked) < EXACT) {
            return Ok(true);
        }
        let own = result.tag().unwrap_or_default();
        let mark = format!("docker.io/{USED}:{time}-{}", &own[..own.len().min(32)]);
        let mark = ImageName::parse(&mark).map_err(|error| EngineError::Other(error.to_string()))?;
        match self.tag(result, &mark).await {
            Ok(()) => {}
            // Somebody has removed it since.
            Err(EngineError::Image { .. }) => return Ok(false),
            Err(error) => return Err(error),
        }
        for (_, old) in marks {
            self.forget(old).await;
        }
        Ok(true)
    }
}

/// The time that a name of a result tells, in seconds since 1970.
pub fn used(name: &str) -> Option<u64> {
    let (time, _) = name.strip_prefix(USED)?.strip_prefix(':')?.split_once('-')?;
    time.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_mark_tells_its_time() {
        assert_eq!(used("rbuild/with-docker-used:100-ab"), Some(100));
        for other in ["rbuild/with-docker:100-ab", "rbuild/with-docker-used:x-ab", "rbuild/with-docker-used-2:100-ab"] {
            assert_eq!(used(other), None, "{other}");
        }
    }
}
