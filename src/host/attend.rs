//! A command that somebody works with.

use super::end::{GRACE, code_of, ends_within};
use super::process::{Command, HostError};
use crate::living::{Ends, Living, Reach};
use tokio::process::Child;

/// Runs a command with rbuild's own standard streams, so with the user's terminal, and gives its exit code; 128 + n where signal n ended it.
///
/// It is in rbuild's own process group, since others get nothing of what is typed. So an interrupt at the terminal comes to both, and
/// is meant for the command: rbuild does not heed it meanwhile, like system(3). When the future is dropped, the command is told that its
/// terminal is gone, and killed after 3 seconds.
///
/// # Errors
/// When it cannot be started or waited for.
pub async fn attend(command: &Command) -> Result<i32, HostError> {
    let (child, living) = command.spawn(Reach::Alone, Ends::ByHand, |_| ())?;
    let mut attended = Attended { child, living };
    let status = attended.child.wait().await.map_err(|source| command.lost(source))?;
    Ok(code_of(status))
}

struct Attended {
    child: Child,
    living: Living,
}

impl Drop for Attended {
    fn drop(&mut self) {
        // One that was waited for has no id.
        if self.child.id().is_none() {
            return;
        }
        self.living.hang_up();
        if !ends_within(GRACE, || !matches!(self.child.try_wait(), Ok(None))) {
            self.living.kill();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::time::Duration;

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
