//! Whether images are still the same, in the engine and at registries.

use super::record::{Input, Output, Record};
use crate::engine::EngineError;
use crate::engine::docker::{Docker, Keychain};
use crate::graph::ImageSource;
use crate::image_name::ImageName;
use crate::platform::Platform;
use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};

/// So many questions are open at once.
const AT_ONCE: usize = 8;

/// Who knows images.
#[async_trait]
pub trait Images: Send + Sync {
    /// What a name stands for in a build now: the id in the engine's store if it is there for that platform, else the digest that the
    /// registry tells; `None` where nobody knows.
    async fn identity(&self, image: &ImageSource) -> Result<Option<String>, EngineError>;

    /// The id that a name has in the engine's store; `None` where it is not there.
    async fn stored(&self, name: &str) -> Result<Option<String>, EngineError>;

    /// The digest that a name has at its registry; `None` where it is not there.
    async fn published(&self, name: &str) -> Result<Option<String>, EngineError>;
}

/// Images as an engine knows them.
pub struct OfEngine {
    docker: Docker,
    keychain: Keychain,
}

impl OfEngine {
    /// Those of this engine; `keychain` opens registries.
    #[must_use]
    pub fn new(docker: Docker, keychain: Keychain) -> Self {
        Self { docker, keychain }
    }
}

fn parse(name: &str) -> Result<ImageName, EngineError> {
    ImageName::parse(name).map_err(|error| EngineError::Other(error.to_string()))
}

#[async_trait]
impl Images for OfEngine {
    async fn identity(&self, image: &ImageSource) -> Result<Option<String>, EngineError> {
        let name = parse(&image.reference)?;
        let name = match (name.tag(), name.digest()) {
            // The engine adds digests to the names in Dockerfiles, so the tag is what counts.
            (Some(tag), Some(_)) => parse(&format!("{}/{}:{tag}", name.registry(), name.repository()))?,
            (None, Some(digest)) => return Ok(Some(digest.to_owned())),
            _ => name,
        };
        match self.docker.image_id_for(&name, &image.platform).await? {
            Some(id) => Ok(Some(id)),
            None => self.published(&name.normalized()).await,
        }
    }

    async fn stored(&self, name: &str) -> Result<Option<String>, EngineError> {
        self.docker.image_id(&parse(name)?).await
    }

    async fn published(&self, name: &str) -> Result<Option<String>, EngineError> {
        let name = parse(name)?;
        let credentials = self.keychain.credentials(name.registry()).await;
        let credentials = credentials.map_err(|error| EngineError::Other(error.to_string()))?;
        self.docker.published(&name, &credentials).await
    }
}

/// Whether the images of a record are what they were.
///
/// # Errors
/// With what differs first.
pub async fn images_are_the_same(record: &Record, images: &dyn Images) -> Result<(), String> {
    let inputs = record.inputs.iter().filter_map(|input| match input {
        Input::Image { reference, platform, id } => Some(input_is_the_same(images, reference, platform, id).boxed()),
        _ => None,
    });
    let outputs = record.outputs.iter().filter_map(|output| match output {
        Output::Image { name, id } => Some(is_stored(images, name, id).boxed()),
        Output::Pushed { name, digest } => Some(is_published(images, name, digest).boxed()),
        Output::Files { .. } => None,
    });
    let answers: Vec<_> = stream::iter(inputs.chain(outputs)).buffered(AT_ONCE).collect().await;
    answers.into_iter().collect()
}

async fn input_is_the_same(images: &dyn Images, reference: &str, platform: &str, id: &str) -> Result<(), String> {
    let Ok(platform) = platform.parse::<Platform>() else { return Err("a record is damaged".to_owned()) };
    let source = ImageSource { reference: reference.to_owned(), platform };
    match images.identity(&source).await {
        Ok(Some(now)) if now == id => Ok(()),
        Ok(Some(_)) => Err(format!("the image `{}` is another one now", familiar(reference))),
        Ok(None) => Err(format!("nobody tells which image `{}` is now", familiar(reference))),
        Err(error) => Err(error.to_string()),
    }
}

async fn is_stored(images: &dyn Images, name: &str, id: &str) -> Result<(), String> {
    match images.stored(name).await {
        Ok(Some(now)) if now == id => Ok(()),
        Ok(Some(_)) => Err(format!("the image `{}` is not the one that was stored", familiar(name))),
        Ok(None) => Err(format!("the image `{}` is not in the engine's store any more", familiar(name))),
        Err(error) => Err(error.to_string()),
    }
}

async fn is_published(images: &dyn Images, name: &str, digest: &str) -> Result<(), String> {
    match images.published(name).await {
        Ok(Some(now)) if now == digest => Ok(()),
        Ok(_) => Err(format!("the image `{}` is not at its registry as it was pushed", familiar(name))),
        Err(error) => Err(error.to_string()),
    }
}

/// The name as users write it.
pub(super) fn familiar(name: &str) -> String {
    ImageName::parse(name).map_or_else(|_| name.to_owned(), |name| name.familiar())
}
