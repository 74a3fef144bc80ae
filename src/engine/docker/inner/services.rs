//! Services beside the process, by docker compose in the container.

use super::container::Container;
use super::exec::exec;
use super::load::script;
use super::process;
use super::step::Process;
use crate::engine::EngineError;
use crate::engine::docker::Docker;
use crate::event::Stream;
use crate::graph::Compose;
use bollard::models::ExecConfig;

/// What compose calls what it makes.
const PROJECT: &str = "default";

/// The services of a step.
pub(super) struct Services<'a> {
    /// The outer engine.
    pub(super) docker: &'a Docker,
    /// Where they run.
    pub(super) container: &'a Container,
    /// The process that they run beside: its variables and directory are theirs.
    pub(super) process: &'a Process,
    /// What to start.
    pub(super) compose: &'a Compose,
}

impl Services<'_> {
    /// Starts them.
    pub(super) async fn up(&self, output: impl FnMut(Stream, &[u8])) -> Result<(), EngineError> {
        self.run("up", self.compose.up(PROJECT), output).await
    }

    /// Ends them, and removes them with their networks.
    pub(super) async fn down(&self, output: impl FnMut(Stream, &[u8])) -> Result<(), EngineError> {
        self.run("down", self.compose.down(PROJECT), output).await
    }

    async fn run(&self, verb: &str, args: Vec<String>, output: impl FnMut(Stream, &[u8])) -> Result<(), EngineError> {
        let mut command = ["/bin/sh", "-c", &script(Compose::SCRIPT), "compose"].map(str::to_owned).to_vec();
        command.extend(args);
        let config = ExecConfig { user: Some("0".to_owned()), ..process::beside_daemon(self.process, command) };
        match exec(self.docker, &self.container.id, config, |_| async { Ok(()) }, output).await? {
            0 => Ok(()),
            Compose::ABSENT => Err(EngineError::Other(
                "there is no docker compose in the step's file system, which `--compose` needs; install Docker's plugin `compose` there"
                    .to_owned(),
            )),
            code => Err(EngineError::Other(format!("`docker compose {verb}` ended with exit code {code}"))),
        }
    }
}
