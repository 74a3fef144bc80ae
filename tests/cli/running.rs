//! An rbuild process that goes on while the test does something else.

use super::outcome::Outcome;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// No build of this suite takes as long as this, on any machine.
const LIMIT: Duration = Duration::from_secs(180);

/// A process.
#[derive(Debug)]
#[must_use]
pub struct Running {
    child: Child,
    readers: Vec<JoinHandle<()>>,
    stdout: Arc<Text>,
    stderr: Arc<Text>,
    redactions: Vec<(String, &'static str)>,
    began: Instant,
}

#[derive(Debug, Default)]
struct Text {
    bytes: Mutex<Vec<u8>>,
    grown: Condvar,
}

impl Running {
    /// Starts it, in a process group of its own, as a shell would.
    pub fn start(mut command: Command, redactions: Vec<(String, &'static str)>) -> Self {
        command.stdin(Stdio::null());
        Self::spawn(command, redactions)
    }

    /// The same with a text on standard input.
    pub fn start_with_input(mut command: Command, redactions: Vec<(String, &'static str)>, input: &str) -> Self {
        command.stdin(Stdio::piped());
        let mut running = Self::spawn(command, redactions);
        let mut stdin = running.child.stdin.take().expect("is piped");
        // Who does not read it has ended.
        let _unread = stdin.write_all(input.as_bytes());
        running
    }

    fn spawn(mut command: Command, redactions: Vec<(String, &'static str)>) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().expect("rbuild starts");
        let (stdout, stderr) = (Arc::<Text>::default(), Arc::<Text>::default());
        let readers = vec![
            collect(child.stdout.take().expect("is piped"), stdout.clone()),
            collect(child.stderr.take().expect("is piped"), stderr.clone()),
        ];
        Self { child, readers, stdout, stderr, redactions, began: Instant::now() }
    }

    /// Waits until it has printed a text on standard error.
    pub fn wait_for(&mut self, text: &str) {
        let found = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).contains(text);
        let mut bytes = self.stderr.bytes.lock().expect("readers do not panic");
        while !found(&bytes) {
            let ended = self.child.try_wait().expect("it can be waited for").is_some();
            let (again, _) =
                self.stderr.grown.wait_timeout(bytes, Duration::from_millis(50)).expect("readers do not panic");
            bytes = again;
            let late = self.began.elapsed() > LIMIT;
            assert!(
                found(&bytes) || !(ended || late),
                "never says `{text}`{}:\n{}",
                if ended { " and has ended" } else { "" },
                String::from_utf8_lossy(&bytes)
            );
        }
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it can be waited for").is_none()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.process(), signal).expect("a child that was not waited for can be signalled");
    }

    /// Sends a signal to its group, as a terminal does.
    pub fn signal_all(&self, signal: Signal) {
        kill_process_group(self.process(), signal).expect("a child that was not waited for can be signalled");
    }

    fn process(&self) -> Pid {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a child has a process id")
    }

    /// Waits for its end.
    #[must_use = "assert how it ended"]
    pub fn finish(mut self) -> Outcome {
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                break status;
            }
            if self.began.elapsed() > LIMIT {
                let so_far = self.stderr.take();
                panic!("still running after {LIMIT:?}:\n{so_far}");
            }
            thread::sleep(Duration::from_millis(5));
        };
        let took = self.began.elapsed();
        for reader in self.readers.drain(..) {
            reader.join().expect("readers do not panic");
        }
        Outcome::new(status, self.stdout.take(), self.stderr.take(), std::mem::take(&mut self.redactions), took)
    }
}

impl Drop for Running {
    /// A test that fails leaves nothing running.
    fn drop(&mut self) {
        if self.is_running() {
            let _gone = self.child.kill();
            let _gone = self.child.wait();
        }
    }
}

impl Text {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut self.bytes.lock().expect("readers do not panic")))
            .expect("output is text")
    }
}

fn collect(mut from: impl Read + Send + 'static, into: Arc<Text>) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(count) = from.read(&mut buffer)
            && count > 0
        {
            into.bytes.lock().expect("nobody panics with it").extend_from_slice(&buffer[..count]);
            into.grown.notify_all();
        }
    })
}
