//! `WITH DOCKER` on this machine: images for the engine's own store, and services around the process.

use crate::digest::VertexId;
use crate::engine::{Engine, EngineError, Observer};
use crate::event::Stream;
use crate::graph::host::{HostCompose, HostDocker, HostOp, HostProcess};
use crate::graph::op::InnerContent;
use crate::graph::{Compose, Graph};
use crate::host::{AtEnd, Command, run};
use crate::platform::Platform;
use futures_util::future::try_join_all;
use std::sync::{Arc, Mutex, PoisonError};

/// Puts the images into the engine's store.
///
/// # Errors
/// What the engine says.
pub async fn load(
    engine: &dyn Engine,
    graph: &Arc<Graph>,
    docker: &HostDocker,
    observer: &Arc<dyn Observer>,
) -> Result<(), EngineError> {
    let loading = docker.images.iter().map(|image| async move {
        match &image.content {
            InnerContent::Built(state) => {
                let names = std::slice::from_ref(&image.name);
                engine.store_image(graph, state, names, Arc::clone(observer)).await.map(drop)
            }
            InnerContent::Pulled(source) => engine.fetch_image(source).await,
        }
    });
    try_join_all(loading).await.map(drop)
}

/// Runs the process, and the services around it. They end with it, also when the future is dropped.
///
/// # Errors
/// What the process, compose or the system says.
pub async fn beside_services(
    engine: &dyn Engine,
    step: &HostOp,
    docker: &HostDocker,
    vertex: VertexId,
    observer: &Arc<dyn Observer>,
    process: impl AsyncFnOnce(&HostProcess) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let own = with_engine(&docker.process, engine.endpoint());
    let Some(services) = &docker.compose else { return process(&own).await };
    let command = |args: Vec<String>| compose(step, &own, services, args);
    let output = |stream: Stream, bytes: &[u8]| observer.output(vertex, stream, bytes);
    let down = AtEnd::new(command(services.compose.down(&services.project)));
    let mut ran = said("up", run(&command(services.compose.up(&services.project)), output).await);
    if ran.is_ok() {
        ran = process(&own).await;
    }
    let kept = Mutex::new(Vec::new());
    let keep = |_: Stream, bytes: &[u8]| kept.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    if let Err(error) = said("down", down.run(keep).await)
        && ran.is_ok()
    {
        let text = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        observer.note(vertex, format!("{error}\n{}", String::from_utf8_lossy(&text).trim()));
    }
    ran
}

/// The process with the engine that builds, wherever other programs would look for one, unless the recipe names another.
fn with_engine(process: &HostProcess, endpoint: Vec<(String, String)>) -> HostProcess {
    let mut process = process.clone();
    if !process.env.iter().any(|(name, _)| name == "DOCKER_HOST") {
        process.env.extend(endpoint);
    }
    process
}

fn compose(step: &HostOp, process: &HostProcess, services: &HostCompose, args: Vec<String>) -> Command {
    let mut argv = ["/bin/sh", "-c", Compose::SCRIPT, "compose"].map(str::to_owned).to_vec();
    argv.extend(args);
    let mut env = process.env.clone();
    let platform = &services.compose.platform;
    if *platform != Platform::host() {
        env.push(("DOCKER_DEFAULT_PLATFORM".to_owned(), platform.to_string()));
    }
    Command { argv, dir: step.dir.clone(), env }
}

/// What an exit code of compose says.
fn said(verb: &str, ended: Result<i32, crate::host::HostError>) -> Result<(), EngineError> {
    match ended.map_err(|error| EngineError::Other(error.to_string()))? {
        0 => Ok(()),
        Compose::ABSENT => Err(EngineError::Other(
            "there is no docker compose on this machine, which `--compose` behind `LOCALLY` needs; install Docker's plugin `compose`"
                .to_owned(),
        )),
        code => Err(EngineError::Other(format!("`docker compose {verb}` ended with exit code {code}"))),
    }
}
