//! A process that somebody works with and whose changes are kept: in a container of its own, whose changes become an image.

use super::attend::attend;
use super::container::{Container, plain};
use super::process::config;
use super::run::commit;
use super::secret::Secrets;
use super::step::Process;
use crate::digest::VertexId;
use crate::engine::docker::Docker;
use crate::engine::{EngineError, Observer};
use crate::shell::quote;
use bollard::models::ExecConfig;
use std::sync::Arc;

/// Where everything of ours lies in the container: memory. Engines put an empty file system on `/dev` first, so that no trace of it stays.
const HOME: &str = "/dev/.rbuild";

/// What somebody works with.
pub struct ByHand {
    /// The image of the engine's store whose file system it has; it must have no volumes.
    pub state: String,
    /// The process.
    pub process: Process,
    /// Whether it has all capabilities and devices.
    pub privileged: bool,
    /// Whether it has a network.
    pub network: bool,
    /// The name of its container, which nobody else uses.
    pub container: String,
    /// The image that its changes become: repository and tag, in their normal form.
    pub result: (String, String),
    /// Who runs it, for the container's label.
    pub client: String,
}

/// Runs it at the observer's console, and gives its exit code. When that is 0, the image is there. The container is removed in any
/// case, also when the future is dropped.
///
/// # Errors
/// What the engine says, or that there is no console.
pub async fn by_hand(
    docker: &Docker,
    step: ByHand,
    vertex: VertexId,
    observer: &Arc<dyn Observer>,
) -> Result<i32, EngineError> {
    let mut body = plain(&step.state, &step.process, &step.client, HOME);
    if let Some(host) = &mut body.host_config {
        host.privileged = Some(step.privileged);
        host.network_mode = (!step.network).then(|| "none".to_owned());
    }
    let made = Container::named(docker, &step.container, body).await?;
    let ran = within(docker, &step, vertex, observer, &made).await;
    let removed = made.remove().await;
    let code = ran?;
    removed.map(|()| code)
}

async fn within(
    docker: &Docker,
    step: &ByHand,
    vertex: VertexId,
    observer: &Arc<dyn Observer>,
    made: &Container,
) -> Result<i32, EngineError> {
    let (control, process) = (&made.control, &step.process);
    let secrets = Secrets::below(HOME, process);
    let places = secrets.write(control).await?;
    let (own, workdir) = (concat!(include_str!("made.sh"), include_str!("by_hand.sh")), quote(&process.workdir));
    let prepare = format!("{own}\nhome={HOME}\nworkdir={workdir}\nfiles() {{\n:\n{places}}}\nprepare");
    control.must("prepare the container of `RUN --interactive-keep`", &prepare).await?;
    let console = observer.console(vertex).await?;
    let config = ExecConfig { privileged: Some(step.privileged), ..config(process, secrets.command()) };
    let code = attend(docker, &made.id, config, console).await?;
    if code == 0 {
        control.sweep().await?;
        let undo = format!("{}\nhome={HOME}\nundo", include_str!("made.sh"));
        control.must("tidy the container of `RUN --interactive-keep`", &undo).await?;
        commit(docker, (&step.result.0, &step.result.1), "state", made).await?;
    }
    Ok(code)
}
