//! The engine's image store.

use super::Docker;
use super::client::status;
use super::image_config::image_config;
use crate::engine::EngineError;
use crate::graph::image::ImageConfig;
use crate::image_name::ImageName;
use crate::platform::Platform;
use bollard::models::ImageInspect;
use bollard::query_parameters::{RemoveImageOptionsBuilder, TagImageOptionsBuilder};

impl Docker {
    /// The configuration of an image of the store; `None` when it is not there, or for another platform.
    ///
    /// Of an image with several platforms the store tells that of the engine's own machine.
    ///
    /// # Errors
    /// [`EngineError::Connection`].
    pub async fn image_config(
        &self,
        image: &ImageName,
        platform: &Platform,
    ) -> Result<Option<ImageConfig>, EngineError> {
        let Some(found) = self.inspect(image).await? else { return Ok(None) };
        if !serves(&found, platform, self.platform()) {
            return Ok(None);
        }
        Ok(Some(image_config(found.config.unwrap_or_default())))
    }

    /// The id of an image of the store, `sha256:…`.
    ///
    /// # Errors
    /// [`EngineError::Connection`].
    pub async fn image_id(&self, image: &ImageName) -> Result<Option<String>, EngineError> {
        Ok(self.inspect(image).await?.and_then(|found| found.id))
    }

    /// The same where it is there for this platform.
    ///
    /// # Errors
    /// [`EngineError::Connection`].
    pub async fn image_id_for(&self, image: &ImageName, platform: &Platform) -> Result<Option<String>, EngineError> {
        let found = self.inspect(image).await?.filter(|found| serves(found, platform, self.platform()));
        Ok(found.and_then(|found| found.id))
    }

    /// Gives an image of the store one more name. What had that name before loses it.
    ///
    /// # Errors
    /// [`EngineError::Image`] when there is no such image, [`EngineError::Other`] when the new name has no tag.
    pub async fn tag(&self, image: &ImageName, name: &ImageName) -> Result<(), EngineError> {
        let Some(tag) = name.tag() else {
            return Err(EngineError::Other(format!(
                "`{}` cannot be given to an image: it has no tag",
                name.familiar()
            )));
        };
        let repository = format!("{}/{}", name.registry(), name.repository());
        let options = TagImageOptionsBuilder::default().repo(&repository).tag(tag).build();
        self.api.tag_image(&image.normalized(), Some(options)).await.map_err(|error| match status(&error) {
            Some(404) => EngineError::Image {
                image: image.familiar(),
                platform: self.platform().to_string(),
                message: "it is not in the engine's store".to_owned(),
            },
            _ => self.fault(&format!("tag `{}` as `{}`", image.familiar(), name.familiar()), &error),
        })
    }

    /// Takes a name from an image of the store, and with the last name the image. Tells whether it was there.
    ///
    /// # Errors
    /// [`EngineError::Connection`], also when a container needs the image.
    pub async fn remove_image(&self, image: &ImageName) -> Result<bool, EngineError> {
        let options = RemoveImageOptionsBuilder::default().build();
        match self.api.remove_image(&image.normalized(), Some(options), None).await {
            Ok(_) => Ok(true),
            Err(error) if status(&error) == Some(404) => Ok(false),
            Err(error) => Err(self.fault(&format!("remove the image `{}`", image.familiar()), &error)),
        }
    }

    pub(super) async fn inspect(&self, image: &ImageName) -> Result<Option<ImageInspect>, EngineError> {
        match self.api.inspect_image(&image.normalized()).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(self.fault(&format!("look for the image `{}`", image.familiar()), &error)),
        }
    }
}

/// Whether an image is for a platform. A variant that one side leaves open fits any.
pub(super) fn serves(image: &ImageInspect, wanted: &Platform, engine: &Platform) -> bool {
    let told = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    // Very old imports tell no platform; they are of the machine that they lie on.
    let os = told(&image.os).unwrap_or_else(|| engine.os.clone());
    let arch = told(&image.architecture).unwrap_or_else(|| engine.arch.clone());
    let variant = told(&image.variant).map(|variant| format!("/{variant}")).unwrap_or_default();
    let Ok(found) = format!("{os}/{arch}{variant}").parse::<Platform>() else { return false };
    let variants_fit = found.variant == wanted.variant || found.variant.is_empty() || wanted.variant.is_empty();
    found.os == wanted.os && found.arch == wanted.arch && variants_fit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_serves_its_own_platform_alone() {
        let engine: Platform = "linux/amd64".parse().expect("valid");
        for (image, wanted, expected) in [
            ("linux/amd64/", "linux/amd64", true),
            ("linux/amd64/v2", "linux/amd64", true),
            ("linux/arm64/v8", "linux/arm64", true),
            ("linux/arm64/", "linux/arm64/v8", true),
            ("linux/arm/", "linux/arm/v7", true),
            ("linux/arm/v6", "linux/arm/v7", false),
            ("linux/arm64/v8", "linux/amd64", false),
            ("windows/amd64/", "linux/amd64", false),
            ("//", "linux/amd64", true),
            ("//", "linux/arm64", false),
        ] {
            let parts: Vec<Option<String>> = image.split('/').map(|part| Some(part.to_owned())).collect();
            let inspect = ImageInspect {
                os: parts[0].clone(),
                architecture: parts[1].clone(),
                variant: parts[2].clone(),
                ..ImageInspect::default()
            };
            let wanted_platform = wanted.parse().expect("valid");
            assert_eq!(serves(&inspect, &wanted_platform, &engine), expected, "{image} for {wanted}");
        }
    }
}
