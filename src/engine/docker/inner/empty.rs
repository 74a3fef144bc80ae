//! Emptying a directory of this machine that only root may empty, by a container that sees it.

use crate::engine::EngineError;
use crate::engine::docker::{Docker, kit};
use bollard::models::{ContainerCreateBody, HostConfig, Mount, MountType};
use bollard::query_parameters::{
    CreateContainerOptions, RemoveContainerOptionsBuilder, StartContainerOptions, WaitContainerOptions,
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
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let made = self.api.create_container(None::<CreateContainerOptions>, body).await.map_err(|e| fault(&e))?.id;
        let running = async {
            self.api.start_container(&made, None::<StartContainerOptions>).await?;
            let mut waiting = std::pin::pin!(self.api.wait_container(&made, None::<WaitContainerOptions>));
            waiting.next().await.transpose().map(drop)
        };
        let ran = running.await;
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        let removed = self.api.remove_container(&made, Some(options)).await;
        ran.and(removed).map_err(|error| fault(&error))
    }
}
