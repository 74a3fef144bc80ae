//! A process and all that it started, ended together.

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use std::time::Duration;

/// How long processes may take to end after they were asked to.
const GRACE: Duration = Duration::from_secs(3);
/// How often it is looked whether they have.
const LOOK: Duration = Duration::from_millis(20);

/// A process group of this machine. It is ended when this is dropped, unless [`Group::over`] was called.
pub struct Group {
    leader: Option<Pid>,
}

impl Group {
    /// The group that the process with this id leads.
    pub fn new(leader: Option<u32>) -> Self {
        let leader = leader.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Self { leader }
    }

    /// Lets go of the group: its leader has ended, and what it left running in the background is meant to run.
    pub fn over(mut self) {
        self.leader = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(leader) = self.leader else { return };
        // Who has ended already cannot be asked.
        let _ended = kill_process_group(leader, Signal::TERM);
        // A thread, since the runtime may be on its way out as well.
        std::thread::spawn(move || {
            let mut waited = Duration::ZERO;
            while waited < GRACE && test_kill_process_group(leader).is_ok() {
                std::thread::sleep(LOOK);
                waited += LOOK;
            }
            let _ended = kill_process_group(leader, Signal::KILL);
        });
    }
}
