//! What surrounds the process of a step outside of the engine's builds: its daemon, its services, its secrets.

use super::driver::BuildKit;
use super::lower::environment;
use super::step_inputs::name;
use crate::engine::docker::inner::{self, ComposeFile, Process, Variables};
use crate::engine::docker::kit::{self, Kit};
use crate::engine::{Engine as _, EngineError};
use crate::graph::image::ImageConfig;
use crate::graph::op::{DockerStep, Exec, InnerContent, InnerImage, MountKind};
use crate::graph::{Graph, ImageSource, Output};
use std::sync::Arc;

/// Where a process runs.
pub(super) struct Surroundings {
    /// `NAME=value`, the image's included.
    pub(super) env: Vec<String>,
    /// Absolute.
    pub(super) workdir: String,
    /// As whom; empty is root.
    pub(super) user: String,
}

impl BuildKit {
    /// Where a process runs, with what its image says.
    pub(super) async fn surroundings(&self, graph: &Graph, exec: &Exec) -> Result<Surroundings, EngineError> {
        let image = match exec.image {
            Some(id) => self.config_of(graph, id).await?,
            None => ImageConfig::default(),
        };
        let workdir = exec.workdir.clone().unwrap_or_else(|| image.working_dir.clone());
        Ok(Surroundings {
            env: environment(&image, &exec.env),
            workdir: if workdir.is_empty() { "/".to_owned() } else { workdir },
            user: exec.user.clone().unwrap_or_else(|| image.user.clone()),
        })
    }

    /// A daemon for a step whose file system has none.
    pub(super) async fn kit(
        &self,
        graph: &Arc<Graph>,
        exec: &Exec,
        env: &[String],
    ) -> Result<Option<Kit>, EngineError> {
        let Some(root) = exec.root else { return Ok(None) };
        let files = inner::search_path(env).split(':').map(|dir| format!("{dir}/dockerd")).collect::<Vec<_>>();
        if self.has_any(graph, root, &files).await? {
            return Ok(None);
        }
        kit::provide(&self.docker, &self.offer.settings.dockerd_image).await.map(Some)
    }

    /// The images that compose files name, under the names that the files give them.
    pub(super) async fn compose_images(
        &self,
        graph: &Arc<Graph>,
        step: &DockerStep,
        process: &Surroundings,
    ) -> Result<Vec<InnerImage>, EngineError> {
        let (Some(compose), Some(root)) = (&step.compose, step.exec.root) else { return Ok(Vec::new()) };
        let mut files = Vec::new();
        for file in &compose.files {
            let path = beneath(&process.workdir, file);
            files.push(ComposeFile { name: file.clone(), text: self.text(graph, root, &path).await? });
        }
        let first = compose.files.first().map(|file| beneath(&process.workdir, file)).unwrap_or_default();
        let directory = first.rsplit_once('/').map_or("", |(directory, _)| directory);
        let defaults = match self.text(graph, root, &format!("{directory}/.env")).await {
            Ok(text) => text,
            Err(EngineError::NotFound { .. }) => String::new(),
            Err(error) => return Err(error),
        };
        let variables = Variables::new(&process.env, &defaults);
        let images = inner::compose_images(&files, &variables, &compose.services)?;
        let images = images.into_iter().map(|image| {
            let name = name(&image)?.normalized();
            let source = ImageSource { reference: name.clone(), platform: compose.platform.clone() };
            Ok(InnerImage { name, content: InnerContent::Pulled(source) })
        });
        images.collect()
    }

    async fn text(&self, graph: &Arc<Graph>, root: Output, path: &str) -> Result<String, EngineError> {
        let bytes = self.read_file(graph, root, path).await?;
        String::from_utf8(bytes).map_err(|_| EngineError::Other(format!("`{path}` is not text")))
    }

    /// The process of a step, with its secrets.
    pub(super) fn process(&self, exec: &Exec, around: Surroundings) -> Result<Process, EngineError> {
        let files = exec.mounts.iter().filter_map(|mount| match &mount.kind {
            MountKind::Secret { id, optional, .. } => Some((id, *optional)),
            _ => None,
        });
        if exec.mounts.iter().any(|mount| matches!(mount.kind, MountKind::Bind { .. } | MountKind::Scratch)) {
            return Err(EngineError::Other(
                "a step outside of the engine's builds mounts no files of other targets; use `COPY`".to_owned(),
            ));
        }
        let variables = exec.secret_env.iter().map(|(_, id)| (id, false));
        let mut secrets = Vec::new();
        for (id, optional) in files.chain(variables) {
            match (self.offer.services.secrets)(id) {
                Some(secret) => secrets.push((id.clone(), secret)),
                None if optional => {}
                None => return Err(EngineError::Secret { id: id.clone() }),
            }
        }
        Ok(Process {
            command: exec.command.clone(),
            env: around.env,
            workdir: around.workdir,
            user: around.user,
            mounts: exec.mounts.clone(),
            secrets,
            secret_env: exec.secret_env.clone(),
            hosts: exec.hosts.clone(),
        })
    }
}

/// A path in a directory, unless it is absolute.
fn beneath(directory: &str, path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", directory.trim_end_matches('/')) }
}
