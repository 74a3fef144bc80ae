//! Filling a kit's volume, by one client at a time.
//!
//! The container that fills the volume has the volume's name, so an engine runs one of them at most; who comes second waits for it. It
//! needs no client while it runs. After its success a second, empty volume, the mark, says that the first one is whole: a volume's content
//! cannot be seen from outside, and its labels never change. The mark's name tells when the volume was made, so that it does not speak
//! for a later volume of the same name.

use super::provide::{DOCKER, FILL, TARGET};
use crate::digest::Digest;
use crate::engine::EngineError;
use crate::engine::docker::Docker;
use crate::engine::docker::client::{status, words};
use crate::image_name::ImageName;
use bollard::errors::Error as ApiError;
use bollard::models::{
    ContainerCreateBody, ContainerState, ContainerStateStatusEnum as Status, HostConfig, HostConfigLogConfig, Mount,
    MountType, MountVolumeOptions, Volume, VolumeCreateRequest,
};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder, RemoveVolumeOptions,
};
use futures_util::StreamExt as _;
use std::time::{Duration, Instant};

/// Exit code of `fill.sh` when the image cannot serve. Any other one came from outside, and is worth another try.
const USELESS: i64 = 64;
/// How often a volume is filled anew after a container was killed.
const TRIES: u32 = 3;
/// How long a client may take between making its container and starting it. After this it is taken for dead.
const STARTING: Duration = Duration::from_secs(10);
/// How often to look whether it was started; the engine tells nobody.
const LOOK: Duration = Duration::from_millis(100);
/// Lines of a failed container's output that are shown.
const LINES: &str = "10";

/// A kit's volume, from a helper image.
pub struct Making<'a> {
    /// The engine.
    pub docker: &'a Docker,
    /// The helper image.
    pub image: &'a ImageName,
    /// Its id.
    pub id: &'a str,
    /// The volume's name, and that of the container that fills it.
    pub volume: &'a str,
}

impl Making<'_> {
    /// Gets the volume ready, if it is not.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] when the image cannot serve, [`EngineError::Connection`].
    pub async fn ready(&self) -> Result<(), EngineError> {
        let mut tries = 0;
        loop {
            if self.is_ready().await? {
                return Ok(());
            }
            if self.create().await?
                && let Err(error) = self.docker.api.start_container(self.volume, None).await
            {
                match status(&error) {
                    // Somebody took this client for dead, and started or removed it.
                    Some(304 | 404) => {}
                    // The image has no shell.
                    Some(400) => {
                        self.clear().await?;
                        return Err(self.useless(&words(&error)));
                    }
                    _ => return Err(self.fault("start the container of", &error)),
                }
            }
            let Some(state) = self.ended().await? else { continue };
            if state.exit_code == Some(0) {
                self.mark().await?;
                self.remove().await?;
                continue;
            }
            let said = self.output().await;
            tries += 1;
            if state.exit_code == Some(USELESS) || tries == TRIES {
                self.clear().await?;
                return Err(self.useless(&said));
            }
            self.remove().await?;
        }
    }

    fn useless(&self, said: &str) -> EngineError {
        EngineError::Unsupported {
            feature: format!("the Docker daemon of `{}`", self.image.familiar()),
            engine: self.docker.describe(),
            needs: format!("name another image with `--dockerd-image`: {said}"),
        }
    }

    /// Whether the volume is there and whole.
    async fn is_ready(&self) -> Result<bool, EngineError> {
        match self.mark_name().await? {
            Some(mark) => Ok(self.look(&mark).await?.is_some()),
            None => Ok(false),
        }
    }

    /// Makes the volume and the container. False when the container is there already.
    async fn create(&self) -> Result<bool, EngineError> {
        self.make_volume(self.volume, "kit").await?;
        let labels = [("dev.rbuild.kind", "kit"), ("dev.rbuild.image", self.id)].map(owned).into();
        let mount = Mount {
            target: Some(TARGET.to_owned()),
            source: Some(self.volume.to_owned()),
            typ: Some(MountType::VOLUME),
            volume_options: Some(MountVolumeOptions { no_copy: Some(true), ..MountVolumeOptions::default() }),
            ..Mount::default()
        };
        let body = ContainerCreateBody {
            image: Some(self.id.to_owned()),
            entrypoint: Some(["sh", "-c", FILL].map(str::to_owned).into()),
            cmd: Some(Vec::new()),
            env: Some(vec![format!("KIT={TARGET}"), format!("DOCKER_WRAPPER={DOCKER}")]),
            user: Some("0".to_owned()),
            labels: Some(labels),
            host_config: Some(HostConfig {
                mounts: Some(vec![mount]),
                network_mode: Some("none".to_owned()),
                // To see which iptables works with the engine's kernel.
                cap_add: Some(vec!["NET_ADMIN".to_owned(), "NET_RAW".to_owned()]),
                // Its output is read after its end, whatever the engine does with other logs.
                log_config: Some(HostConfigLogConfig { typ: Some("json-file".to_owned()), config: None }),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::default().name(self.volume).build();
        match self.docker.api.create_container(Some(options), body).await {
            Ok(_) => Ok(true),
            Err(error) if status(&error) == Some(409) => Ok(false),
            Err(error) => Err(self.fault("make the container of", &error)),
        }
    }

    /// Waits for the container's end. `None` when it is gone, which somebody else has seen to.
    async fn ended(&self) -> Result<Option<ContainerState>, EngineError> {
        let began = Instant::now();
        loop {
            let Some(state) = self.state().await? else { return Ok(None) };
            match state.status {
                Some(Status::CREATED) if began.elapsed() < STARTING => tokio::time::sleep(LOOK).await,
                Some(Status::CREATED | Status::DEAD) => {
                    self.remove().await?;
                    return Ok(None);
                }
                Some(Status::EXITED) => return Ok(Some(state)),
                _ => {
                    // What it ended with is looked up; an error that came of a code is one of the answers.
                    let mut waiting = std::pin::pin!(self.docker.api.wait_container(self.volume, None));
                    let _answer = waiting.next().await;
                    tokio::time::sleep(LOOK / 10).await;
                }
            }
        }
    }

    async fn state(&self) -> Result<Option<ContainerState>, EngineError> {
        match self.docker.api.inspect_container(self.volume, None).await {
            Ok(container) => Ok(container.state),
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(self.fault("look at the container of", &error)),
        }
    }

    /// Says that the volume is whole. Done while the container still has its name, so that nobody fills it again meanwhile.
    async fn mark(&self) -> Result<(), EngineError> {
        match self.mark_name().await? {
            Some(mark) => self.make_volume(&mark, "kit-mark").await,
            None => Ok(()),
        }
    }

    /// The name of the volume's mark; `None` when there is no volume.
    async fn mark_name(&self) -> Result<Option<String>, EngineError> {
        let volume = self.look(self.volume).await?;
        let made = volume.and_then(|volume| volume.created_at).map(|made| Digest::of(made.to_string()).hex());
        Ok(made.map(|made| format!("{}-ready-{}", self.volume, &made[..8])))
    }

    async fn look(&self, name: &str) -> Result<Option<Volume>, EngineError> {
        match self.docker.api.inspect_volume(name).await {
            Ok(volume) => Ok(Some(volume)),
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(self.fault("look at", &error)),
        }
    }

    async fn make_volume(&self, name: &str, kind: &str) -> Result<(), EngineError> {
        let labels = [("dev.rbuild.kind", kind), ("dev.rbuild.image", self.id), ("dev.rbuild.kit", self.volume)]
            .map(owned)
            .into();
        let request =
            VolumeCreateRequest { name: Some(name.to_owned()), labels: Some(labels), ..VolumeCreateRequest::default() };
        self.docker.api.create_volume(request).await.map(drop).map_err(|error| self.fault("make", &error))
    }

    async fn remove(&self) -> Result<(), EngineError> {
        let options = RemoveContainerOptionsBuilder::default().force(true).build();
        match self.docker.api.remove_container(self.volume, Some(options)).await {
            // 409: somebody else is removing it.
            Err(error) if !matches!(status(&error), Some(404 | 409)) => {
                Err(self.fault("remove the container of", &error))
            }
            _ => Ok(()),
        }
    }

    /// Removes the container and the volume that it could not fill.
    async fn clear(&self) -> Result<(), EngineError> {
        self.remove().await?;
        match self.docker.api.remove_volume(self.volume, None::<RemoveVolumeOptions>).await {
            // 409: somebody else is about to find out the same.
            Err(error) if !matches!(status(&error), Some(404 | 409)) => Err(self.fault("remove", &error)),
            _ => Ok(()),
        }
    }

    /// The last lines that the container wrote, in one.
    async fn output(&self) -> String {
        let options = LogsOptionsBuilder::default().stdout(true).stderr(true).tail(LINES).build();
        let lines = self.docker.api.logs(self.volume, Some(options)).filter_map(async |line| line.ok());
        let text: String = lines.map(|line| line.to_string()).collect().await;
        let text = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
        if text.is_empty() { "its container was killed".to_owned() } else { text }
    }

    fn fault(&self, verb: &str, error: &ApiError) -> EngineError {
        EngineError::Connection {
            action: format!(
                "{verb} the volume `{}` with the Docker daemon of `{}`",
                self.volume,
                self.image.familiar()
            ),
            message: words(error),
        }
    }
}

fn owned((key, value): (&str, &str)) -> (String, String) {
    (key.to_owned(), value.to_owned())
}
