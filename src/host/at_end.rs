//! What has to be done at the end in any case.

use super::process::{Command, HostError, run};
use crate::event::Stream;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

/// A command that is run when this is dropped, unless it was run before.
pub struct AtEnd {
    command: Option<Command>,
}

impl AtEnd {
    /// Something that is still to be done.
    #[must_use]
    pub fn new(command: Command) -> Self {
        Self { command: Some(command) }
    }

    /// Runs it now, and gives its exit code. When the future is dropped before the command's end, the command is run again.
    ///
    /// # Errors
    /// As for [`run`].
    pub async fn run(mut self, output: impl Fn(Stream, &[u8]) + Sync) -> Result<i32, HostError> {
        let ended = match &self.command {
            Some(command) => run(command, output).await,
            None => Ok(0),
        };
        self.command = None;
        ended
    }
}

impl Drop for AtEnd {
    /// Returns when the command has ended: who cancelled the step may go on, or end, as soon as this does.
    fn drop(&mut self) {
        let Some(command) = self.command.take() else { return };
        let Some((program, args)) = command.argv.split_first() else { return };
        let mut process = std::process::Command::new(program);
        process.args(args).current_dir(&command.dir).envs(command.env);
        process.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        // Nobody is there to be told what it says.
        let _ended = process.status();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn touch(dir: &Path) -> AtEnd {
        let argv = ["/bin/sh", "-c", "echo x >>done; exit 3"].map(str::to_owned).to_vec();
        AtEnd::new(Command { argv, dir: dir.to_owned(), env: Vec::new() })
    }

    #[tokio::test]
    async fn a_command_is_run_once_in_any_case() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(touch(dir.path()).run(|_, _| ()).await.unwrap(), 3);
        assert_eq!(std::fs::read_to_string(dir.path().join("done")).unwrap(), "x\n");
        drop(touch(dir.path()));
        assert_eq!(std::fs::read_to_string(dir.path().join("done")).unwrap(), "x\nx\n");
    }
}
