//! Processes of this machine that live beside this one, and must not outlive it.
//!
//! Whoever starts one does it here. A process can end where nothing is dropped any more: then [`kill_all`] ends what is still there.

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process, test_kill_process_group};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// All of this process. Signals come to a process, not to a part of it.
static ALL: Mutex<All> = Mutex::new(All::new());

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
    /// Who works with it: to interrupt it is no wish that we stop.
    ByHand,
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
}

impl Living {
    /// Starts a process; `pid` tells its number. Where the user has wanted to stop already, it ends as it would have then.
    ///
    /// # Errors
    /// Those of `spawn`, and where this process is about to end.
    pub fn start<C>(
        reach: Reach,
        ends: Ends,
        spawn: impl FnOnce() -> io::Result<C>,
        pid: impl FnOnce(&C) -> Option<u32>,
    ) -> io::Result<(C, Self)> {
        let (child, process) = all().start(reach, ends, spawn, pid)?;
        Ok((child, Self { process }))
    }

    /// Asks it to end.
    pub fn ask_to_end(&self) {
        self.process.send(Signal::TERM);
    }

    /// Tells it that its terminal is gone: nobody works with it any more.
    pub fn hang_up(&mut self) {
        let mut all = all();
        all.living
            .iter_mut()
            .filter(|(process, _)| *process == self.process)
            .for_each(|(_, ends)| *ends = Ends::ByOwner);
        self.process.send(Signal::HUP);
    }

    /// Ends it.
    pub fn kill(&self) {
        self.process.send(Signal::KILL);
    }

    /// Whether nothing of it is there any more. A process that ended is there until it was waited for.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.process.is_gone()
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        all().living.retain(|(process, _)| *process != self.process);
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

    fn is_gone(self) -> bool {
        // Somebody else's (a `sudo` gives such children) may not be told anything, and is there.
        let told = match self.reach {
            Reach::Group => test_kill_process_group(self.pid),
            Reach::Alone => test_kill_process(self.pid),
        };
        told == Err(Errno::SRCH)
    }
}

/// How far the end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Running,
    /// The user wants to stop.
    Stopping,
    /// This process is about to end.
    Ending,
}

struct All {
    stage: Stage,
    living: Vec<(Process, Ends)>,
}

impl All {
    const fn new() -> Self {
        Self { stage: Stage::Running, living: Vec::new() }
    }

    /// Nobody ends anything meanwhile, so nothing that is being started is overlooked.
    fn start<C>(
        &mut self,
        reach: Reach,
        ends: Ends,
        spawn: impl FnOnce() -> io::Result<C>,
        pid: impl FnOnce(&C) -> Option<u32>,
    ) -> io::Result<(C, Process)> {
        if self.stage == Stage::Ending {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "rbuild is ending"));
        }
        let child = spawn()?;
        let pid = pid(&child).and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        let process = Process { pid: pid.expect("a process that nobody has waited for has a number"), reach };
        self.living.push((process, ends));
        if self.stage >= Stage::Stopping && ends == Ends::AtOnce {
            process.send(Signal::TERM);
        }
        Ok((child, process))
    }

    fn stop(&mut self) {
        self.stage = self.stage.max(Stage::Stopping);
        self.send(Ends::AtOnce, Signal::TERM);
    }

    fn kill(&mut self) {
        // Git cleans up behind itself when it is asked to end, and it is asked only now where nobody wanted to stop before.
        let at_once = if self.stage == Stage::Running { Signal::TERM } else { Signal::KILL };
        self.stage = Stage::Ending;
        self.send(Ends::AtOnce, at_once);
        self.send(Ends::ByOwner, Signal::KILL);
        self.send(Ends::ByHand, Signal::KILL);
    }

    fn send(&self, to: Ends, signal: Signal) {
        self.living.iter().filter(|(_, ends)| *ends == to).for_each(|(process, _)| process.send(signal));
    }
}

/// The user wants to stop: ends what ends with that, now and from now on.
pub fn stop() {
    all().stop();
}

/// Whether the user has wanted to stop.
#[must_use]
pub fn is_stopped() -> bool {
    all().stage >= Stage::Stopping
}

/// Whether somebody works with a process that ends [`Ends::ByHand`].
#[must_use]
pub fn is_attended() -> bool {
    all().living.iter().any(|(_, ends)| *ends == Ends::ByHand)
}

/// Ends all that is still there, and lets nothing start any more. For who ends the process without unwinding.
pub fn kill_all() {
    all().kill();
}

/// Where this process is about to end, waits for that: what goes wrong by it is nothing to tell.
pub fn give_way_to_the_end() {
    while all().stage == Stage::Ending {
        std::thread::park();
    }
}

fn all() -> MutexGuard<'static, All> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::{Child, Command, Stdio};

    fn begin(all: &mut All, ends: Ends) -> io::Result<Child> {
        let spawn = || Command::new("sleep").arg("1000").spawn();
        all.start(Reach::Alone, ends, spawn, |child| Some(child.id())).map(|(child, _)| child)
    }

    fn ended_by(mut child: Child) -> Signal {
        let signal = child.wait().unwrap().signal().unwrap();
        [Signal::TERM, Signal::KILL].into_iter().find(|known| known.as_raw() == signal).unwrap()
    }

    #[test]
    fn git_is_asked_before_it_is_killed() {
        let mut all = All::new();
        let (git, step, shell) =
            (begin(&mut all, Ends::AtOnce), begin(&mut all, Ends::ByOwner), begin(&mut all, Ends::ByHand));
        all.kill();
        assert_eq!(ended_by(git.unwrap()), Signal::TERM, "it was not told before");
        assert_eq!((ended_by(step.unwrap()), ended_by(shell.unwrap())), (Signal::KILL, Signal::KILL));
        assert_eq!(begin(&mut all, Ends::ByOwner).unwrap_err().kind(), io::ErrorKind::Interrupted);
    }

    #[test]
    fn a_wish_to_stop_ends_what_is_to_end_with_it() {
        let mut all = All::new();
        let (git, mut step) = (begin(&mut all, Ends::AtOnce).unwrap(), begin(&mut all, Ends::ByOwner).unwrap());
        all.stop();
        let late = begin(&mut all, Ends::AtOnce).unwrap();
        assert_eq!((ended_by(git), ended_by(late)), (Signal::TERM, Signal::TERM));
        assert!(step.try_wait().unwrap().is_none());
        step.kill().unwrap();
        step.wait().unwrap();
    }

    #[test]
    fn who_does_not_listen_is_killed() {
        let mut all = All::new();
        let deaf =
            || Command::new("sh").args(["-c", "trap '' TERM; echo; exec sleep 1000"]).stdout(Stdio::piped()).spawn();
        let (mut deaf, _) = all.start(Reach::Alone, Ends::AtOnce, deaf, |child| Some(child.id())).unwrap();
        deaf.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        all.stop();
        all.kill();
        assert_eq!(ended_by(deaf), Signal::KILL);
    }

    #[test]
    fn a_process_is_there_until_it_was_waited_for() {
        // Whether we may send it signals or not.
        assert!(!Process { pid: Pid::INIT, reach: Reach::Alone }.is_gone());
        let mut all = All::new();
        let mut child = begin(&mut all, Ends::ByOwner).unwrap();
        let (process, _) = all.living[0];
        child.kill().unwrap();
        assert!(!process.is_gone());
        child.wait().unwrap();
        assert!(process.is_gone());
    }
}
