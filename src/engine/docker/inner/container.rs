//! The life of a step's container.

use super::control::Control;
use super::in_use::{self, Life};
use super::name::cache_volume;
use super::place::RootDirectory;
use super::run::Failed;
use super::step::{Process, Step};
use crate::digest::VertexId;
use crate::engine::docker::Docker;
use crate::engine::docker::client::{status, words};
use crate::engine::{EngineError, Observer};
use crate::graph::op::{CacheSharing, Mount as StepMount, MountKind};
use bollard::models::{ContainerCreateBody, HostConfig, HostConfigLogConfig, Mount, MountType, MountVolumeOptions};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, ListContainersOptionsBuilder,
    RemoveContainerOptionsBuilder, StartContainerOptions, WaitContainerOptionsBuilder,
};
use futures_util::StreamExt as _;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Where everything of ours lies in the container: memory, and the daemon's data below it.
pub(super) const HOME: &str = "/run/rbuild";
/// How often a name is looked at that another client holds, where the engine tells no end of it.
const LOOK: Duration = Duration::from_secs(5);
/// How long the engine may take to copy or remove what is large.
const LARGE: Duration = Duration::from_secs(3600);

/// A running container. It is removed when this is dropped; when the whole client ends, its first process sees that.
pub(super) struct Container {
    /// What its first process is told.
    pub control: Control,
    /// Its id.
    pub id: String,
    guard: Guard,
}

/// Removes a container.
struct Guard {
    docker: Docker,
    id: Option<String>,
}

impl Container {
    /// Creates and starts it. A data root that another client's container has is waited for.
    ///
    /// # Errors
    /// [`EngineError::Image`] when the state's image is gone, [`Failed::Unfit`] when the engine does not know the root's directory; else
    /// what the engine says.
    pub(super) async fn start(
        docker: &Docker,
        step: &Step,
        observer: &Arc<dyn Observer>,
        vertex: VertexId,
    ) -> Result<Self, Failed> {
        let name = step.root.as_ref().map(|root| root.name.clone());
        let options = name.as_ref().map(|name| CreateContainerOptionsBuilder::default().name(name).build());
        let mut told = false;
        let api = docker.api.clone().with_timeout(LARGE);
        let id = loop {
            match api.create_container(options.clone(), body(step)).await {
                Ok(created) => break created.id,
                Err(error) if status(&error) == Some(409) && name.is_some() => {
                    let name = name.as_deref().unwrap_or_default();
                    if in_use::life(docker, name).await? == Life::Stale {
                        remove(docker, name).await?;
                    } else {
                        if !told {
                            observer.note(vertex, format!("waits for the container `{name}` of another client"));
                            told = true;
                        }
                        until_gone(docker, name).await;
                    }
                }
                Err(error) if status(&error) == Some(404) => {
                    return Err(Failed::Engine(EngineError::Image {
                        image: step.state.clone(),
                        platform: docker.platform().to_string(),
                        message: "it is not in the engine's store".to_owned(),
                    }));
                }
                // A path that it does not have.
                Err(error) if status(&error) == Some(400) && directory(step).is_some() => {
                    return Err(Failed::Unfit(words(&error)));
                }
                Err(error) => return Err(docker.fault("create the container of a WITH DOCKER step", &error).into()),
            }
        };
        Ok(Self::begin(docker, id).await?)
    }

    /// Creates and starts one whose name nobody else uses.
    ///
    /// # Errors
    /// What the engine says.
    pub(super) async fn named(docker: &Docker, name: &str, body: ContainerCreateBody) -> Result<Self, EngineError> {
        let options = CreateContainerOptionsBuilder::default().name(name).build();
        let created = docker.api.clone().with_timeout(LARGE).create_container(Some(options), body).await;
        Self::begin(docker, created.map_err(|error| docker.fault("create the container of a step", &error))?.id).await
    }

    /// Starts one that was created.
    async fn begin(docker: &Docker, id: String) -> Result<Self, EngineError> {
        let guard = Guard { docker: docker.clone(), id: Some(id.clone()) };
        let attach =
            AttachContainerOptionsBuilder::default().stream(true).stdin(true).stdout(true).stderr(true).build();
        let streams = docker.api.attach_container(&id, Some(attach)).await;
        let streams = streams.map_err(|error| docker.fault("attach to the container of a step", &error))?;
        let control = Control::new(streams);
        let started = docker.api.start_container(&id, None::<StartContainerOptions>).await;
        started.map_err(|error| docker.fault("start the container of a step", &error))?;
        Ok(Self { control, id, guard })
    }

    /// Removes it with its own volumes, and waits for that.
    ///
    /// # Errors
    /// What the engine says.
    pub(super) async fn remove(mut self) -> Result<(), EngineError> {
        self.guard.id = None;
        remove(&self.guard.docker, &self.id).await
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else { return };
        let docker = self.docker.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = remove(&docker, &id).await {
                    tracing::debug!(%error, id, "the container could not be removed");
                }
            });
        }
    }
}

/// Removes a container with its own volumes, if it is there, and waits until its name is free.
///
/// # Errors
/// What the engine says.
pub async fn remove(docker: &Docker, name: &str) -> Result<(), EngineError> {
    let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    match docker.api.clone().with_timeout(LARGE).remove_container(name, Some(options)).await {
        Ok(()) => Ok(()),
        Err(error) if status(&error) == Some(404) => Ok(()),
        // Somebody else is at it already.
        Err(error) if status(&error) == Some(409) => {
            until_gone(docker, name).await;
            Ok(())
        }
        Err(error) => Err(docker.fault(&format!("remove the container `{name}`"), &error)),
    }
}

/// Removes the containers of clients that were killed between creating and starting them.
///
/// # Errors
/// [`EngineError::Connection`].
pub async fn remove_stale(docker: &Docker) -> Result<(), EngineError> {
    let filters = HashMap::from([("status", vec!["created"]), ("label", vec!["dev.rbuild.kind=step"])]);
    let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    let found = docker.api.list_containers(Some(options)).await;
    for id in found.map_err(|error| docker.fault("list the containers", &error))?.into_iter().filter_map(|one| one.id) {
        if in_use::life(docker, &id).await? == Life::Stale {
            remove(docker, &id).await?;
        }
    }
    Ok(())
}

/// Waits until a container is removed, or for some seconds.
async fn until_gone(docker: &Docker, name: &str) {
    let options = WaitContainerOptionsBuilder::default().condition("removed").build();
    let mut waiting = Box::pin(docker.api.wait_container(name, Some(options)));
    let _ended = tokio::time::timeout(LOOK, waiting.next()).await;
}

fn labels<const N: usize>(pairs: [(&str, String); N]) -> HashMap<String, String> {
    pairs.into_iter().map(|(name, value)| (format!("dev.rbuild.{name}"), value)).collect()
}

/// What the engine is told to create.
fn body(step: &Step) -> ContainerCreateBody {
    let mut mounts = vec![data_root(step)];
    mounts.extend(step.kit.as_ref().map(|kit| Mount {
        typ: Some(MountType::VOLUME),
        source: Some(kit.volume.clone()),
        target: Some(kit.target.clone()),
        read_only: Some(true),
        ..Mount::default()
    }));
    let mut body = plain(&step.state, &step.process, &step.client, HOME);
    if let Some(host) = &mut body.host_config {
        host.privileged = Some(true);
        host.mounts.get_or_insert_default().splice(0..0, mounts);
    }
    body
}

/// A container with a process's mounts and nothing of a daemon. `home` is where our own files are in it: memory.
pub(super) fn plain(state: &str, process: &Process, client: &str, home: &str) -> ContainerCreateBody {
    let mut tmpfs = HashMap::from([(home.to_owned(), "mode=0711,exec".to_owned())]);
    for mount in &process.mounts {
        if mount.kind == MountKind::Tmpfs {
            tmpfs.insert(mount.target.clone(), "exec".to_owned());
        }
    }
    let hosts = process.hosts.iter().map(|(host, address)| format!("{host}:{address}")).collect();
    ContainerCreateBody {
        image: Some(state.to_owned()),
        entrypoint: Some(vec!["/bin/sh".to_owned(), "-c".to_owned(), include_str!("pid1.sh").to_owned()]),
        cmd: Some(Vec::new()),
        env: Some(process.env.clone()),
        user: Some("0".to_owned()),
        working_dir: Some("/".to_owned()),
        labels: Some(labels([("kind", "step".to_owned()), ("client", client.to_owned())])),
        open_stdin: Some(true),
        stdin_once: Some(true),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        host_config: Some(HostConfig {
            // A client that was killed cannot remove it; the result is taken while it runs.
            auto_remove: Some(true),
            mounts: Some(process.mounts.iter().filter_map(cache).collect()),
            tmpfs: Some(tmpfs),
            extra_hosts: Some(hosts),
            log_config: Some(HostConfigLogConfig { typ: Some("none".to_owned()), config: None }),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}

fn directory(step: &Step) -> Option<&RootDirectory> {
    step.root.as_ref()?.directory.as_ref()
}

/// The directory or the volume of the daemon's data: a volume of its own where nothing is kept.
fn data_root(step: &Step) -> Mount {
    if let Some(directory) = directory(step) {
        return Mount {
            typ: Some(MountType::BIND),
            source: Some(directory.path.display().to_string()),
            target: Some(format!("{HOME}/data")),
            ..Mount::default()
        };
    }
    let labels = step.root.as_ref().map(|kept| {
        let (pool, number) = (kept.root.pool.clone(), kept.root.number.to_string());
        labels([("kind", "data-root".to_owned()), ("pool", pool), ("number", number)])
    });
    Mount {
        typ: Some(MountType::VOLUME),
        source: step.root.as_ref().map(|root| root.name.clone()),
        target: Some(format!("{HOME}/data")),
        volume_options: Some(MountVolumeOptions { labels, no_copy: Some(true), ..MountVolumeOptions::default() }),
        ..Mount::default()
    }
}

/// The volume of a cache mount. What it holds when it is new is what the image has there.
fn cache(mount: &StepMount) -> Option<Mount> {
    let MountKind::Cache { id, sharing, readonly, base } = &mount.kind else { return None };
    let private = *sharing == CacheSharing::Private;
    let labels = labels([("kind", "cache".to_owned()), ("cache", id.clone())]);
    Some(Mount {
        typ: Some(MountType::VOLUME),
        source: (!private).then(|| cache_volume(id)),
        target: Some(mount.target.clone()),
        read_only: Some(*readonly),
        volume_options: Some(MountVolumeOptions {
            labels: (!private).then_some(labels),
            no_copy: Some(base.is_none()),
            ..MountVolumeOptions::default()
        }),
        ..Mount::default()
    })
}
