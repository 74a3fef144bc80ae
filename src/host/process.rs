//! One command, from its start to its end.

use super::end::code_of;
use super::group::Group;
use crate::event::Stream;
use crate::living::{Ends, Living, Reach};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Child;

/// Bytes that are read at once.
const PIECE: usize = 16 * 1024;
/// How long output is waited for that a command's background processes might still write after it has ended.
const LAST_OUTPUT: Duration = Duration::from_millis(100);

/// A command of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The program and its arguments; none is a shell that has nothing to do.
    pub argv: Vec<String>,
    /// Where, absolute.
    pub dir: PathBuf,
    /// Variables on top of those that rbuild itself has.
    pub env: Vec<(String, String)>,
}

impl Command {
    fn words(&self) -> (&str, &[String]) {
        self.argv.split_first().map_or(("/bin/sh", &[][..]), |(program, args)| (program, args))
    }

    /// The process that it becomes.
    pub(super) fn process(&self) -> std::process::Command {
        let (program, args) = self.words();
        let mut process = std::process::Command::new(program);
        process.args(args).current_dir(&self.dir).envs(self.env.iter().map(|(name, value)| (name, value)));
        process
    }

    /// Starts the process, with rbuild's own streams where `set` gives it no others.
    pub(super) fn spawn(
        &self,
        reach: Reach,
        ends: Ends,
        set: impl FnOnce(&mut std::process::Command),
    ) -> Result<(Child, Living), HostError> {
        let mut process = self.process();
        set(&mut process);
        if reach == Reach::Group {
            process.process_group(0);
        }
        let mut process = tokio::process::Command::from(process);
        Living::start(reach, ends, || process.spawn(), Child::id).map_err(|source| HostError::Start {
            program: self.words().0.to_owned(),
            dir: self.dir.clone(),
            source,
        })
    }

    /// What is to be said when the process cannot be waited for.
    pub(super) fn lost(&self, source: std::io::Error) -> HostError {
        HostError::Wait { program: self.words().0.to_owned(), source }
    }
}

/// Why a command could not be run.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// It did not start.
    #[error("cannot start `{program}` in {}: {source}", dir.display())]
    Start {
        /// The program.
        program: String,
        /// The directory.
        dir: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It started and was lost.
    #[error("cannot wait for `{program}`: {source}")]
    Wait {
        /// The program.
        program: String,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Runs a command to its end and gives its exit code; 128 + n where signal n ended it. Its input is empty.
///
/// The command leads a process group of its own. When the future is dropped, the whole group is asked to end, and killed after 3 seconds.
/// What a command leaves running in the background when it ends goes on, as in a shell.
///
/// # Errors
/// When it cannot be started or waited for.
pub async fn run(command: &Command, output: impl Fn(Stream, &[u8]) + Sync) -> Result<i32, HostError> {
    let (mut child, living) = command.spawn(Reach::Group, Ends::ByOwner, |process| {
        process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    })?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let reading = async {
        tokio::join!(copy(stdout, Stream::Stdout, &output), copy(stderr, Stream::Stderr, &output));
    };
    tokio::pin!(reading);
    // Dropped before the pipes: who says a last word while it tidies up must not be killed for it.
    let mut group = Group::new(child, living);
    let mut read_all = false;
    let status = loop {
        tokio::select! {
            status = group.wait() => break status,
            () = &mut reading, if !read_all => read_all = true,
        }
    };
    let status = status.map_err(|source| command.lost(source))?;
    if !read_all {
        // Whoever keeps the pipes open beyond this is in the background.
        let _late = tokio::time::timeout(LAST_OUTPUT, reading).await;
    }
    group.over();
    Ok(code_of(status))
}

async fn copy(pipe: Option<impl AsyncRead + Unpin>, stream: Stream, output: &(impl Fn(Stream, &[u8]) + Sync)) {
    let Some(mut pipe) = pipe else { return };
    let mut piece = vec![0; PIECE];
    // A pipe that cannot be read has nothing more to say.
    while let Ok(length @ 1..) = pipe.read(&mut piece).await {
        output(stream, &piece[..length]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::sync::Mutex;

    fn shell(text: &str, dir: &Path) -> Command {
        let env = vec![("GREETING".to_owned(), "good 'day'".to_owned())];
        Command { argv: ["/bin/sh", "-c", text].map(str::to_owned).to_vec(), dir: dir.to_owned(), env }
    }

    async fn told(command: &Command) -> (i32, String, String) {
        let seen = Mutex::new((String::new(), String::new()));
        let code = run(command, |stream, bytes| {
            let mut seen = seen.lock().unwrap();
            let text = String::from_utf8_lossy(bytes).into_owned();
            match stream {
                Stream::Stdout => seen.0.push_str(&text),
                Stream::Stderr => seen.1.push_str(&text),
            }
        });
        let code = code.await.unwrap();
        let (stdout, stderr) = seen.into_inner().unwrap();
        (code, stdout, stderr)
    }

    #[tokio::test]
    async fn a_command_has_its_directory_environment_and_exit_code() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("here"), "").unwrap();
        let (code, stdout, stderr) = told(&shell("ls; echo \"$GREETING\" >&2; read x || exit 7", dir.path())).await;
        assert_eq!((code, stdout.as_str(), stderr.as_str()), (7, "here\n", "good 'day'\n"));
    }

    #[tokio::test]
    async fn arguments_are_passed_as_they_are() {
        let words = ["printf", "%s|", "a b", "$HOME", "'"].map(str::to_owned).to_vec();
        let command = Command { argv: words, ..shell("", Path::new("/")) };
        assert_eq!(told(&command).await, (0, "a b|$HOME|'|".to_owned(), String::new()));
    }

    #[tokio::test]
    async fn a_signal_is_an_exit_code() {
        assert_eq!(told(&shell("kill -9 $$", Path::new("/"))).await.0, 137);
    }

    #[tokio::test]
    async fn what_cannot_be_started_is_named() {
        let command = Command { argv: vec!["/no/such/program".to_owned()], ..shell("", Path::new("/")) };
        let error = run(&command, |_, _| ()).await.unwrap_err();
        assert!(error.to_string().contains("cannot start `/no/such/program` in /"), "{error}");
    }

    #[tokio::test]
    async fn a_process_in_the_background_does_not_hold_up_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let (code, stdout, _) = told(&shell("sleep 1000 & echo $!", dir.path())).await;
        assert_eq!(code, 0);
        let pid = rustix::process::Pid::from_raw(stdout.trim().parse().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it is still there");
    }

    #[tokio::test]
    async fn a_dropped_command_ends_with_all_that_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        // The inner shell holds the pipe's writing end until it ends; one of the two does not listen to polite words.
        let command = shell("trap '' TERM; (exec sleep 1000 >fifo) & wait; sleep 1000", dir.path());
        let task = tokio::spawn(async move { run(&command, |_, _| ()).await });
        // Opening returns when the inner process has opened its end.
        let opened = tokio::task::spawn_blocking(move || std::fs::File::open(fifo)).await.unwrap().unwrap();
        task.abort();
        let _aborted = task.await;
        let ended = tokio::task::spawn_blocking(move || std::io::read_to_string(opened));
        assert_eq!(tokio::time::timeout(Duration::from_secs(30), ended).await.unwrap().unwrap().unwrap(), "");
    }
}
