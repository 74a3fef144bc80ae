//! Secrets: files in memory, and variables that a shell reads from such files.

use super::container::HOME;
use super::control::Control;
use super::step::Process;
use crate::engine::EngineError;
use crate::graph::op::{ExecCommand, MountKind};
use crate::shell::quote;

/// The secrets that a process needs, as files.
pub(super) struct Secrets<'a> {
    process: &'a Process,
    /// Where our own files are.
    home: &'static str,
}

impl<'a> Secrets<'a> {
    pub(super) fn of(process: &'a Process) -> Self {
        Self::below(HOME, process)
    }

    /// The same in another directory of memory.
    pub(super) fn below(home: &'static str, process: &'a Process) -> Self {
        Self { process, home }
    }

    /// Writes the files, and gives the script that puts them at their places.
    ///
    /// # Errors
    /// [`EngineError::Secret`] for one that was not given; [`EngineError::Other`] when the container has ended.
    pub(super) async fn write(&self, control: &Control) -> Result<String, EngineError> {
        let mut script = String::new();
        if !self.process.secrets.is_empty() {
            control.must("make room for secrets", &format!("mkdir -m 711 {}/secrets", self.home)).await?;
        }
        for (at, mount) in self.process.mounts.iter().enumerate() {
            let MountKind::Secret { id, mode, optional } = &mount.kind else { continue };
            match self.process.secret(id) {
                Some(secret) => {
                    let path = format!("{}/secrets/{at}", self.home);
                    control.file(&path, *mode, &secret.0).await?;
                    script.push_str(&format!("place {path} {}\n", quote(&mount.target)));
                }
                None if *optional => {}
                None => return Err(EngineError::Secret { id: id.clone() }),
            }
        }
        for (at, (_, id)) in self.process.secret_env.iter().enumerate() {
            let secret = self.process.secret(id).ok_or_else(|| EngineError::Secret { id: id.clone() })?;
            control.file(&self.variable(at), 0o444, &secret.0).await?;
        }
        Ok(script)
    }

    /// The command line, with what reads secrets into variables.
    pub(super) fn command(&self) -> Vec<String> {
        self.before(&self.process.command)
    }

    /// The same for another command in its place.
    pub(super) fn before(&self, command: &ExecCommand) -> Vec<String> {
        let exports: String = (self.process.secret_env.iter().enumerate())
            .map(|(at, (name, _))| format!("export {name}=\"$(cat {})\"; ", self.variable(at)))
            .collect();
        command.argv(&exports)
    }

    /// The file of a variable's value.
    fn variable(&self, at: usize) -> String {
        format!("{}/secrets/variable-{at}", self.home)
    }
}
