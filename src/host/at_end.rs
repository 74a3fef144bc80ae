//! What has to be done at the end in any case.

use super::end::ends_within;
use super::process::{Command, HostError, run};
use crate::event::Stream;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a command that nobody waits for may hold up the end.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is still to be done in this process, which may end where nothing is dropped.
static LEFT: Mutex<Vec<Arc<Command>>> = Mutex::new(Vec::new());

/// A command that is run when this is dropped, unless it was run before.
pub struct AtEnd {
    command: Arc<Command>,
    patience: Duration,
}

impl AtEnd {
    /// Something that is still to be done.
    #[must_use]
    pub fn new(command: Command) -> Self {
        Self::within(PATIENCE, command)
    }

    fn within(patience: Duration, command: Command) -> Self {
        let command = Arc::new(command);
        left().push(command.clone());
        Self { command, patience }
    }

    /// Runs it now, and gives its exit code. When the future is dropped before the command's end, the command is run again.
    ///
    /// # Errors
    /// As for [`run`].
    pub async fn run(self, output: impl Fn(Stream, &[u8]) + Sync) -> Result<i32, HostError> {
        let ended = run(&self.command, output).await;
        take(&self.command);
        ended
    }
}

impl Drop for AtEnd {
    /// Returns when the command has ended: who cancelled the step may go on, or end, as soon as this does.
    fn drop(&mut self) {
        if !take(&self.command) {
            return;
        }
        let Some(mut child) = begin(&self.command) else { return };
        // Then it goes on without us.
        let _has_ended = ends_within(self.patience, || !matches!(child.try_wait(), Ok(None)));
    }
}

/// Begins all that is still to be done, and waits for nothing. For who ends the process without unwinding.
pub fn begin_all_that_is_left() {
    for command in std::mem::take(&mut *left()) {
        let _runs_on = begin(&command);
    }
}

/// Nobody is there to be told what it says, or why it does not start.
fn begin(command: &Command) -> Option<Child> {
    let mut process = command.process();
    process.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().ok()
}

/// Whether it was still to be done; it is not any more.
fn take(command: &Arc<Command>) -> bool {
    let mut left = left();
    let at = left.iter().position(|other| Arc::ptr_eq(other, command));
    at.map(|at| left.swap_remove(at)).is_some()
}

fn left() -> MutexGuard<'static, Vec<Arc<Command>>> {
    LEFT.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[test]
    fn what_takes_too_long_goes_on_alone() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let argv = ["/bin/sh", "-c", "read word <fifo; echo $word >fifo"].map(str::to_owned).to_vec();
        drop(AtEnd::within(Duration::from_millis(20), Command { argv, dir: dir.path().to_owned(), env: Vec::new() }));
        // It waits for this, and answers.
        std::fs::write(&fifo, "word\n").unwrap();
        assert_eq!(std::fs::read_to_string(&fifo).unwrap(), "word\n");
    }
}
