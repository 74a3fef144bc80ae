//! Processes of this machine that live beside this one, and must not outlive it.
//!
//! Whoever starts one says so here. A process can end where nothing is dropped any more: then [`kill_all`] ends what is still there.

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process, test_kill_process_group};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// All of this process. Signals come to a process, not to a part of it.
static ALL: Mutex<All> = Mutex::new(All { is_stopped: false, living: Vec::new() });

struct All {
    is_stopped: bool,
    living: Vec<(Process, Ends)>,
}

/// How much belongs to a process that was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Its group, which it leads.
    Group,
    /// Nobody else: it is in our own group.
    Alone,
}

/// What ends a process when the user wants to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// Who started it, in its own time.
    ByOwner,
    /// The wish itself.
    AtOnce,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    pid: Pid,
    reach: Reach,
}

/// A process that lives until this is dropped.
#[derive(Debug)]
pub struct Living {
    process: Process,
    ends: Ends,
}

impl Living {
    /// The child with this process id, which was not waited for yet; `None` is no such number. Where the user has wanted to stop
    /// already, it ends as it would have then.
    #[must_use]
    pub fn new(pid: u32, reach: Reach, ends: Ends) -> Option<Self> {
        let process = Process { pid: i32::try_from(pid).ok().and_then(Pid::from_raw)?, reach };
        let mut all = all();
        all.living.push((process, ends));
        if all.is_stopped && ends == Ends::AtOnce {
            process.send(Signal::TERM);
        }
        Some(Self { process, ends })
    }

    /// Asks it to end.
    pub fn ask_to_end(&self) {
        self.process.send(Signal::TERM);
    }

    /// Ends it.
    pub fn kill(&self) {
        self.process.send(Signal::KILL);
    }

    /// Whether nothing of it is there any more. A process that ended is there until it was waited for.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        match self.process.reach {
            Reach::Group => test_kill_process_group(self.process.pid).is_err(),
            Reach::Alone => test_kill_process(self.process.pid).is_err(),
        }
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        let mut all = all();
        if let Some(at) = all.living.iter().position(|living| *living == (self.process, self.ends)) {
            all.living.swap_remove(at);
        }
    }
}

impl Process {
    /// Who has ended already cannot be told.
    fn send(self, signal: Signal) {
        let _gone = match self.reach {
            Reach::Group => kill_process_group(self.pid, signal),
            Reach::Alone => kill_process(self.pid, signal),
        };
    }
}

/// The user wants to stop: ends what ends with that, now and from now on.
pub fn stop() {
    let mut all = all();
    all.is_stopped = true;
    all.living.iter().filter(|(_, ends)| *ends == Ends::AtOnce).for_each(|(process, _)| process.send(Signal::TERM));
}

/// Whether the user has wanted to stop.
#[must_use]
pub fn is_stopped() -> bool {
    all().is_stopped
}

/// Ends all that is still there. For who ends the process without unwinding.
pub fn kill_all() {
    all().living.iter().for_each(|(process, _)| process.send(Signal::KILL));
}

fn all() -> MutexGuard<'static, All> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}
