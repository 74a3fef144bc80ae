//! Configurations of images, asked of the engine and kept.

use super::failure;
use super::gateway;
use super::link::Link;
use super::lower;
use super::resolve::Resolve;
use super::solve::Build;
use crate::engine::EngineError;
use crate::graph::ImageSource;
use crate::platform::Platform;
use bollard_buildkit_proto::moby::buildkit::v1::frontend::ResolveImageConfigRequest;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;

/// How long a registry may take to tell a configuration.
const LIMIT: Duration = Duration::from_secs(60);

type Kept = Arc<OnceCell<Arc<Vec<u8>>>>;

/// The configurations seen so far, whole: with the platform and the layers.
#[derive(Default)]
pub struct Images(Mutex<HashMap<(String, Platform), Kept>>);

impl Images {
    /// The JSON text of an image's configuration, of the engine's store or of the registry.
    ///
    /// # Errors
    /// [`EngineError::Image`] when there is none, or when the registry does not answer.
    pub async fn config(
        &self,
        link: &Link,
        session: &str,
        image: &ImageSource,
        from: Resolve,
    ) -> Result<Arc<Vec<u8>>, EngineError> {
        let key = (image.reference.clone(), image.platform.clone());
        let cell = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        cell.get_or_try_init(|| resolve(link, session, image, from)).await.cloned()
    }
}

async fn resolve(link: &Link, session: &str, image: &ImageSource, from: Resolve) -> Result<Arc<Vec<u8>>, EngineError> {
    let fault = |message: String| EngineError::Image {
        image: image.reference.clone(),
        platform: image.platform.to_string(),
        message,
    };
    let request = ResolveImageConfigRequest {
        r#ref: image.reference.clone(),
        platform: Some(lower::platform(&image.platform)),
        resolve_mode: from.mode().to_owned(),
        ..ResolveImageConfigRequest::default()
    };
    let build = Build { session: session.to_owned(), ..Build::default() };
    let asking = gateway::within(link, build, None, |mut gateway| async move {
        let request = gateway.request(request);
        gateway.client.resolve_image_config(request).await
    });
    match tokio::time::timeout(LIMIT, asking).await {
        Ok(Ok(answer)) => Ok(Arc::new(answer.into_inner().config)),
        Ok(Err(status)) => Err(match failure::read(&status, "", std::slice::from_ref(image)) {
            EngineError::Other(message) => fault(message),
            EngineError::NotFound { .. } => fault(status.message().to_owned()),
            known => known,
        }),
        Err(_) => Err(fault(format!("no answer within {} s", LIMIT.as_secs()))),
    }
}
