//! Providing a kit: once for each engine and helper image.

use super::making::Making;
use crate::digest::Digest;
use crate::engine::EngineError;
use crate::engine::docker::Docker;
use crate::image_name::ImageName;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::TryStreamExt as _;

/// Where a kit has to be mounted. Programs in it carry this path and that of their libraries in a field that has 25 bytes at least, so
/// it must not be longer.
pub(super) const TARGET: &str = "/run/rbk";
/// What fills a volume.
pub(super) const FILL: &str = include_str!("fill.sh");
/// The `docker` of a kit.
pub(super) const DOCKER: &str = include_str!("docker.sh");

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

/// Gives the kit of a helper image, and makes it if it is not there. The image is taken from the engine's store, and pulled if it is not
/// there.
///
/// # Errors
/// [`EngineError::Image`] when the helper image is not to be had, [`EngineError::Unsupported`] when it holds no Docker daemon or one
/// that cannot be moved, [`EngineError::Connection`].
pub async fn provide(docker: &Docker, image: &str) -> Result<Kit, EngineError> {
    let name = ImageName::parse(image).map_err(|error| EngineError::Other(error.to_string()))?;
    let id = self::image(docker, image).await?;
    let kit = Kit::of(&id);
    Making { docker, image: &name, id: &id, volume: &kit.volume }.ready().await?;
    Ok(kit)
}

/// The id of a helper image, which is pulled if it is not in the engine's store.
///
/// # Errors
/// [`EngineError::Image`] when it is not to be had, [`EngineError::Connection`].
pub async fn image(docker: &Docker, image: &str) -> Result<String, EngineError> {
    let name = ImageName::parse(image).map_err(|error| EngineError::Other(error.to_string()))?;
    match docker.image_id(&name).await? {
        Some(id) => Ok(id),
        None => pull(docker, &name).await,
    }
}

impl Kit {
    /// The kit of a helper image, by the image's id. Another version of what fills it makes another one.
    fn of(image_id: &str) -> Self {
        let digest = Digest::of([image_id, TARGET, FILL, DOCKER].join("\0")).hex();
        Self {
            volume: format!("rbuild-kit-{}", &digest[..16]),
            target: TARGET.to_owned(),
            path: format!("{TARGET}/bin"),
            env: vec![("XTABLES_LIBDIR".to_owned(), format!("{TARGET}/xtables"))],
        }
    }
}

/// Pulls an image without credentials and gives its id.
async fn pull(docker: &Docker, image: &ImageName) -> Result<String, EngineError> {
    let missing = |message: String| EngineError::Image {
        image: image.familiar(),
        platform: docker.platform().to_string(),
        message: format!("{message}; it brings the Docker daemon for `WITH DOCKER` steps whose image has none"),
    };
    let options = CreateImageOptionsBuilder::default().from_image(&image.normalized()).build();
    let pulling = docker.api.create_image(Some(options), None, None);
    let steps: Result<Vec<_>, _> = pulling.try_collect().await;
    for step in steps.map_err(|error| missing(crate::engine::docker::client::words(&error)))? {
        if let Some(detail) = step.error_detail {
            return Err(missing(detail.message.unwrap_or_else(|| "the engine does not say why".to_owned())));
        }
    }
    docker.image_id(image).await?.ok_or_else(|| missing("it was pulled, and is not there".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kit_belongs_to_its_image() {
        let (one, other) = (Kit::of("sha256:aa"), Kit::of("sha256:bb"));
        assert_ne!(one.volume, other.volume);
        assert_eq!(one, Kit::of("sha256:aa"));
        assert_eq!(one.path, "/run/rbk/bin");
    }

    #[test]
    fn paths_have_room_where_the_loader_of_the_shortest_name_stood() {
        let (loader, libraries) = (format!("{TARGET}/0\0"), format!("{TARGET}/l0\0"));
        assert!(loader.len() + libraries.len() <= "/lib/ld-musl-x86_64.so.1\0".len());
    }

    #[test]
    fn the_wrapper_knows_its_place() {
        assert!(DOCKER.contains(&format!("\nkit={TARGET}\n")));
        assert!(DOCKER.starts_with("#!/bin/sh\n") && DOCKER.ends_with('\n'));
    }
}
