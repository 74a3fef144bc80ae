//! A command that somebody works with.

use super::process::{Command, HostError};
use rustix::process::{Pid, Signal, kill_process};
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;
use tokio::process::Child;

/// How long it may take to end after it was told that nobody is there any more.
const GRACE: Duration = Duration::from_secs(3);
/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(20);

/// Runs a command with rbuild's own standard streams, so with the user's terminal, and gives its exit code; 128 + n where signal n ended it.
///
/// It is in rbuild's own process group, since others get nothing of what is typed. When the future is dropped, it is told that its
/// terminal is gone, and killed after 3 seconds.
///
/// # Errors
/// When it cannot be started or waited for.
pub async fn attend(command: &Command) -> Result<i32, HostError> {
    let (mut process, program) = command.process();
    let child = process.spawn().map_err(|source| HostError::Start {
        program: program.clone(),
        dir: command.dir.clone(),
        source,
    })?;
    let mut attended = Attended(child);
    let status = attended.0.wait().await.map_err(|source| HostError::Wait { program, source })?;
    Ok(status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1))
}

struct Attended(Child);

impl Drop for Attended {
    fn drop(&mut self) {
        // One that was waited for has no id.
        let Some(id) = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) else { return };
        let _ended = kill_process(id, Signal::HUP);
        let mut waited = Duration::ZERO;
        while waited < GRACE {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(LOOK);
            waited += LOOK;
        }
        let _ended = self.0.start_kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn shell(text: &str, dir: &Path) -> Command {
        let argv = ["/bin/sh", "-c", text].map(str::to_owned).to_vec();
        Command { argv, dir: dir.to_owned(), env: vec![("CODE".to_owned(), "7".to_owned())] }
    }

    #[tokio::test]
    async fn a_command_has_its_directory_and_its_variables() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(attend(&shell("echo x >made; exit $CODE", dir.path())).await.unwrap(), 7);
        assert_eq!(std::fs::read_to_string(dir.path().join("made")).unwrap(), "x\n");
        assert_eq!(attend(&shell("kill -9 $$", dir.path())).await.unwrap(), 137);
    }

    #[tokio::test]
    async fn a_dropped_command_ends() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let command = shell("trap '' HUP; exec sleep 1000 >fifo", dir.path());
        let task = tokio::spawn(async move { attend(&command).await });
        // Opening returns when the command has opened its end.
        let opened = tokio::task::spawn_blocking(move || std::fs::File::open(fifo)).await.unwrap().unwrap();
        task.abort();
        let _aborted = task.await;
        let ended = tokio::task::spawn_blocking(move || std::io::read_to_string(opened));
        assert_eq!(tokio::time::timeout(Duration::from_secs(30), ended).await.unwrap().unwrap().unwrap(), "");
    }
}
