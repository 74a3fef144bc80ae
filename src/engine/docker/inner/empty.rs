//! Emptying a directory of this machine that only root may empty, by a container that sees it.

use crate::engine::EngineError;
use crate::engine::docker::client::status;
use crate::engine::docker::{Docker, kit};
use bollard::models::{ContainerCreateBody, HostConfig, Mount, MountType};
use bollard::query_parameters::{
    CreateContainerOptions, RemoveContainerOptionsBuilder, StartContainerOptions, WaitContainerOptionsBuilder,
};
use futures_util::StreamExt as _;
use std::path::Path;

/// Where the container sees it.
const TARGET: &str = "/run/rbuild-empty";

impl Docker {
    /// Removes all that a directory holds. `image` has a shell; it is pulled where it is not in the store.
    ///
    /// # Errors
    /// When the image is not to be had, or the engine does not let it.
    pub async fn empty_directory(&self, directory: &Path, image: &str) -> Result<(), EngineError> {
        let image = kit::image(self, image).await?;
        let fault = |error: &bollard::errors::Error| self.fault(&format!("empty `{}`", directory.display()), error);
        let mount = Mount {
            typ: Some(MountType::BIND),
            source: Some(directory.display().to_string()),
            target: Some(TARGET.to_owned()),
            ..Mount::default()
        };
        let body = ContainerCreateBody {
            image: Some(image),
            entrypoint: Some(["/bin/sh", "-c", &format!("rm -rf {TARGET}/*")].map(str::to_owned).into()),
            cmd: Some(Vec::new()),
            user: Some("0".to_owned()),
            labels: Some([("dev.rbuild.kind".to_owned(), "step".to_owned())].into()),
            host_config: Some(HostConfig {
                mounts: Some(vec![mount]),
                network_mode: Some("none".to_owned()),
                // Whoever asked for it may be gone before it ends.
                auto_remove: Some(true),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let made = self.api.create_container(None::<CreateContainerOptions>, body).await.map_err(|e| fault(&e))?.id;
        let start = self.api.start_container(&made, None::<StartContainerOptions>);
        // It is gone at once when it has ended, so this is asked before.
        let options = WaitContainerOptionsBuilder::default().condition("removed").build();
        let mut waiting = std::pin::pin!(self.api.wait_container(&made, Some(options)));
        let ended = async {
            match waiting.next().await {
                Some(Err(error)) if status(&error) != Some(404) => Err(error),
                _ => Ok(()),
            }
        };
        let ran = tokio::try_join!(ended, start);
        if ran.is_err() {
            let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
            // Where it has run, it is gone already.
            let _gone = self.api.remove_container(&made, Some(options)).await;
        }
        ran.map(drop).map_err(|error| fault(&error))
    }
}
