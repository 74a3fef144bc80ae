//! A process and all that it started, ended together.

use crate::living::{Ends, Living, Reach};
use std::io;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::process::Child;

/// How long processes may take to end after they were asked to.
const GRACE: Duration = Duration::from_secs(3);
/// How often it is looked whether they have.
const LOOK: Duration = Duration::from_millis(20);

/// A process that leads a group of its own. The group is ended when this is dropped, unless [`Group::over`] was called.
pub struct Group {
    child: Child,
    living: Option<Living>,
}

impl Group {
    /// The group of a process that was started as its leader.
    pub fn new(child: Child) -> Self {
        let living = child.id().and_then(|id| Living::new(id, Reach::Group, Ends::ByOwner));
        Self { child, living }
    }

    /// Waits for the leader.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Lets go of the group: its leader has ended, and what it left running in the background is meant to run.
    pub fn over(mut self) {
        self.living = None;
    }
}

impl Drop for Group {
    /// Returns when all have ended: who cancelled the step may go on, or end, as soon as this does. A moment, mostly; [`GRACE`] where
    /// somebody does not listen.
    fn drop(&mut self) {
        let Some(living) = self.living.take() else { return };
        living.ask_to_end();
        let mut waited = Duration::ZERO;
        while waited < GRACE {
            // A process that ended is part of its group until it was waited for.
            let _status = self.child.try_wait();
            if living.is_gone() {
                return;
            }
            std::thread::sleep(LOOK);
            waited += LOOK;
        }
        living.kill();
    }
}
