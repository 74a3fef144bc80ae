//! From options to an engine.

use super::arguments::DockerCacheIn;
use super::clones;
use super::context::{Context, Ended};
use super::environment::{self, surroundings};
use super::exit::Exit;
use crate::engine::buildkit::{BuildKit, Resolve, Settings};
use crate::engine::docker::inner::RootChoice;
use crate::engine::docker::{Address, Docker, Keychain};
use crate::engine::{Engine, EngineError, OpenContext, Secret, Services};
use crate::graph::{IgnoreFile, LocalSource};
use crate::lock::HolderInfo;
use crate::platform::Platform;
use crate::run::inventory::data_roots;
use crate::source::Location;
use crate::tree::Tree;
use crate::workspace::{Clones, Context as BuildContext, Ignore, Include, Nothing};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to do where no engine answers.
const START_ONE: &str = "start Docker (`systemctl start docker`, or Docker Desktop), or name an engine with `--docker-host` or `DOCKER_HOST`";

/// What to do where one answers, but not to this user.
const JOIN_GROUP: &str = "add yourself to the group `docker` with `sudo usermod -aG docker $USER`, and log in again";

/// What to do about [`EngineError::NoEngine`].
pub const fn without_engine(forbidden: bool) -> &'static str {
    if forbidden { JOIN_GROUP } else { START_ONE }
}

/// An engine that answered.
pub struct Connection {
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// The platform that it runs natively.
    pub platform: Platform,
    /// Whether it runs on this machine, as far as is known: it listens at a Unix socket.
    pub is_local: bool,
}

/// Opens the sessions that serve an engine; `contexts` opens build contexts.
///
/// # Errors
/// When it is of no use; it was said.
pub async fn connect(
    context: &Context,
    docker: Docker,
    secrets: BTreeMap<String, Secret>,
    contexts: OpenContext,
) -> Ended<Connection> {
    let docker_roots = kept(context).map(|dir| data_roots(&dir));
    let agent = clones::agent(context);
    let connected = async {
        let platform = docker.platform().clone();
        let is_local = matches!(docker.address(), Address::Unix(_));
        let services = Services { contexts, secrets: Arc::new(move |id| secrets.get(id).cloned()), agent };
        let settings = Settings {
            client: HolderInfo::here("").host,
            keychain: keychain(context),
            dockerd_image: context.options.machine.dockerd_image.clone(),
            roots: match (context.options.running.docker_cache_in, docker_roots) {
                (DockerCacheIn::Directory, Some(dir)) => RootChoice::Directory(dir),
                (DockerCacheIn::Auto, Some(dir)) => RootChoice::Auto(dir),
                _ => RootChoice::Volume,
            },
            resolve: if context.options.input.pull { Resolve::Registry } else { Resolve::StoreFirst },
        };
        let engine = BuildKit::connect(docker, services, settings).await?;
        Ok(Connection { engine: Arc::new(engine), platform, is_local })
    };
    connected.await.map_err(|error| engine_fault(context, None, &error))
}

/// The cache directory, where there is one.
fn kept(context: &Context) -> Option<PathBuf> {
    context.options.machine.cache_dir.clone().or_else(environment::cache_dir)
}

/// The user's logins for registries.
pub fn keychain(context: &Context) -> Keychain {
    Keychain::of(&surroundings(context.options.machine.docker_host.clone()))
}

/// Opens build contexts.
pub fn contexts(context: &Context) -> OpenContext {
    let clones = kept(context).map(|dir| Clones::root(&dir));
    Arc::new(move |source| open_context(source, clones.as_deref()))
}

/// Finds the engine.
///
/// # Errors
/// When there is none, or it is of no use; it was said.
pub async fn find(context: &Context) -> Ended<Docker> {
    let addresses = surroundings(context.options.machine.docker_host.clone()).addresses();
    let addresses = addresses.map_err(|error| context.fail(Exit::Usage, &error.to_string(), None))?;
    Docker::find(&addresses).await.map_err(|error| engine_fault(context, None, &error))
}

/// Says what is wrong with an engine, or with what a command asked of it.
pub fn engine_fault(context: &Context, place: Option<&Location>, error: &EngineError) -> Exit {
    let message = place.map_or_else(|| error.to_string(), |place| format!("{place}: {error}"));
    match error {
        EngineError::NoEngine { tried, forbidden } => {
            let message = format!("{message}; tried:\n  {}", tried.join("\n  "));
            context.fail(Exit::Environment, &message, Some(without_engine(*forbidden)))
        }
        EngineError::Connection { .. } => {
            context.fail(Exit::Environment, &message, Some("check that the engine still runs: `docker info`"))
        }
        EngineError::Unsupported { .. } => context.fail(Exit::Environment, &message, None),
        EngineError::Image { .. } => {
            let help = "check the name and the platform; if no registry can be reached, load the image into the engine first (`docker load`, `docker pull`)";
            context.fail(Exit::BuildFailed, &message, Some(help))
        }
        EngineError::Dockerfile { line, .. } => {
            let exit = if line.is_some() { Exit::Buildfile } else { Exit::BuildFailed };
            context.fail(exit, &message, None)
        }
        EngineError::Push { .. } => {
            context.fail(Exit::BuildFailed, &message, Some("check the name, and log in with `docker login`"))
        }
        EngineError::Defect(_) => context.fail(Exit::Defect, &message, None),
        _ => context.fail(Exit::BuildFailed, &message, None),
    }
}

/// Opens a build context. Ignore files tell what a user's directory has beside the project; a repository has nothing beside it.
fn open_context(source: &LocalSource, clones: Option<&Path>) -> io::Result<Arc<dyn Tree>> {
    let clones = clones.and_then(|clones| clones.canonicalize().ok());
    // What a command was to make may be missing, which counts only where it is copied.
    if source.ignore == IgnoreFile::None && !source.root.is_dir() {
        return Ok(Arc::new(Nothing));
    }
    let cloned = clones.is_some_and(|clones| source.root.starts_with(clones));
    let ignore = match source.ignore {
        _ if cloned => Ignore::default(),
        IgnoreFile::None => Ignore::default(),
        IgnoreFile::Own => Ignore::load(&source.root).map_err(io::Error::other)?,
        IgnoreFile::OwnOrDocker => Ignore::load_for_dockerfile(&source.root).map_err(io::Error::other)?,
    };
    let ignore = ignore.and(&source.exclude).map_err(io::Error::other)?;
    let includes = source.include.iter().map(|text| Include::parse(text)).collect::<Result<Vec<_>, _>>();
    let includes = includes.map_err(io::Error::other)?;
    Ok(Arc::new(BuildContext::new(source.root.clone(), includes, ignore)))
}
