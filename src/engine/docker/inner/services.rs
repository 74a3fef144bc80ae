//! Services beside the process, by docker compose in the container.

use super::container::Container;
use super::exec::exec;
use super::load::script;
use super::process;
use super::step::Process;
use crate::engine::EngineError;
use crate::engine::docker::Docker;
use crate::event::Stream;
use crate::graph::op::Compose;
use bollard::models::ExecConfig;

/// Runs compose, as a plugin of the client or by itself.
const COMPOSE: &str = "if command -v docker-compose >/dev/null && ! docker compose version >/dev/null 2>&1; then
    exec docker-compose \"$@\"
fi
exec docker compose \"$@\"";
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
        let services = self.compose.services.iter().map(String::as_str);
        self.run("up", ["up", "-d"].into_iter().chain(services), output).await
    }

    /// Ends them, and removes them with their networks.
    pub(super) async fn down(&self, output: impl FnMut(Stream, &[u8])) -> Result<(), EngineError> {
        self.run("down", ["down", "--remove-orphans", "--timeout", "3"].into_iter(), output).await
    }

    async fn run<'a>(
        &self,
        verb: &str,
        args: impl Iterator<Item = &'a str>,
        output: impl FnMut(Stream, &[u8]),
    ) -> Result<(), EngineError> {
        let mut command = ["/bin/sh", "-c", &script(COMPOSE), "compose", "-p", PROJECT].map(str::to_owned).to_vec();
        for file in &self.compose.files {
            command.extend(["-f".to_owned(), file.clone()]);
        }
        command.extend(args.map(str::to_owned));
        let config = ExecConfig { user: Some("0".to_owned()), ..process::config(self.process, command) };
        match exec(self.docker, &self.container.id, config, |_| async { Ok(()) }, output).await? {
            0 => Ok(()),
            code => Err(EngineError::Other(format!("`docker compose {verb}` ended with exit code {code}"))),
        }
    }
}
