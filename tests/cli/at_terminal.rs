//! An rbuild process at a terminal of its own, with somebody who types.

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// No test of this suite waits longer, on any machine.
const LIMIT: Duration = Duration::from_secs(120);

/// A process, and the other side of its terminal.
pub struct AtTerminal {
    child: Child,
    person: Option<File>,
    reading: Option<JoinHandle<()>>,
    gone: Arc<AtomicBool>,
    terminal: OwnedFd,
    before: Termios,
    shown: Receiver<Vec<u8>>,
    /// What was shown and not looked at yet.
    ahead: Vec<u8>,
    all: Vec<u8>,
}

/// How it ended.
pub struct Ended {
    pub code: Option<i32>,
    /// Everything that the terminal showed.
    pub shown: String,
    /// Whether the terminal has the mode that it had.
    pub restored: bool,
}

impl AtTerminal {
    /// Starts it, at a terminal of 24 rows and 80 columns.
    pub fn start(mut command: Command) -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal can be made");
        grantpt(&person).and_then(|()| unlockpt(&person)).expect("a terminal can be opened");
        let name = ptsname(&person, Vec::new()).expect("a terminal has a name");
        let path = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
        let terminal: OwnedFd = OpenOptions::new().read(true).write(true).open(path).expect("it can be opened").into();
        resize(&terminal, 24, 80);
        let before = tcgetattr(&terminal).expect("a terminal has a mode");
        let side = || terminal.try_clone().expect("there is room for a descriptor");
        command.stdin(side()).stdout(side()).stderr(side()).env("TERM", "xterm").process_group(0);
        let child = command.spawn().expect("rbuild starts");
        let person = File::from(person);
        let mut reader = person.try_clone().expect("there is room for a descriptor");
        let (sender, shown) = channel();
        let gone = Arc::new(AtomicBool::new(false));
        let seen = gone.clone();
        let reading = std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut chunk) {
                if sender.send(chunk[..length].to_vec()).is_err() || seen.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        let (person, reading) = (Some(person), Some(reading));
        Self { child, person, reading, gone, terminal, before, shown, ahead: Vec::new(), all: Vec::new() }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Types.
    pub fn types(&mut self, text: &str) {
        let mut person = self.person.as_ref().expect("the terminal is there");
        person.write_all(text.as_bytes()).expect("the terminal takes keys");
    }

    /// Waits until a text is shown, and gives all that was shown since the last look.
    #[track_caller]
    pub fn sees(&mut self, text: &str) -> String {
        let began = Instant::now();
        loop {
            let shown = String::from_utf8_lossy(&self.ahead).into_owned();
            if let Some(at) = shown.find(text) {
                let end = at + text.len();
                self.ahead = shown.as_bytes()[end..].to_vec();
                return shown[..end].to_owned();
            }
            assert!(began.elapsed() < LIMIT, "never shows `{text}`:\n{}", String::from_utf8_lossy(&self.all));
            match self.shown.recv_timeout(Duration::from_millis(100)) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    let ended = self.child.try_wait().expect("it can be waited for").is_some();
                    let late = self.shown.try_recv().ok();
                    assert!(
                        !ended || late.is_some(),
                        "ended without `{text}`:\n{}",
                        String::from_utf8_lossy(&self.all)
                    );
                    self.take(&late.unwrap_or_default());
                }
            }
        }
    }

    /// Makes the terminal as large as this, and says so.
    pub fn resize(&self, rows: u16, columns: u16) {
        resize(&self.terminal, rows, columns);
        // The terminal itself tells only whom it controls.
        self.signal(Signal::WINCH);
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a child has a process id");
        kill_process(pid, signal).expect("a child that was not waited for can be signalled");
    }

    /// Takes the terminal away, as closing its window does, and waits for the end: gives the exit code.
    pub fn hang_up(mut self) -> Option<i32> {
        self.gone.store(true, Ordering::SeqCst);
        // The reader looks up when something is shown.
        rustix::io::write(&self.terminal, b"bye").expect("the terminal is there");
        self.reading.take().expect("it reads until now").join().expect("it ends");
        self.person = None;
        // The terminal itself tells only whom it controls.
        self.signal(Signal::HUP);
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return status.code();
            }
            assert!(began.elapsed() < LIMIT, "does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Ended {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                break status;
            }
            while let Ok(bytes) = self.shown.try_recv() {
                self.take(&bytes);
            }
            assert!(began.elapsed() < LIMIT, "does not end:\n{}", String::from_utf8_lossy(&self.all));
            std::thread::sleep(Duration::from_millis(20));
        };
        while let Ok(bytes) = self.shown.recv_timeout(Duration::from_millis(200)) {
            self.take(&bytes);
        }
        let after = tcgetattr(&self.terminal).expect("a terminal has a mode");
        let restored = after.local_modes == self.before.local_modes
            && after.input_modes == self.before.input_modes
            && after.output_modes == self.before.output_modes;
        Ended { code: status.code(), shown: String::from_utf8_lossy(&self.all).into_owned(), restored }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.ahead.extend_from_slice(bytes);
        self.all.extend_from_slice(bytes);
    }
}

impl Drop for AtTerminal {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

fn resize(terminal: &OwnedFd, rows: u16, columns: u16) {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(terminal, size).expect("a terminal has a size");
}
