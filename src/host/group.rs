//! A process and all that it started, ended together.

use super::end::{GRACE, ends_within};
use crate::living::Living;
use std::io;
use std::process::ExitStatus;
use tokio::process::Child;

/// A process that leads a group of its own. The group is ended when this is dropped, unless [`Group::over`] was called.
pub struct Group {
    child: Child,
    living: Option<Living>,
}

impl Group {
    /// The group of a process that was started as its leader.
    pub fn new(child: Child, living: Living) -> Self {
        Self { child, living: Some(living) }
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
        let have_ended = ends_within(GRACE, || {
            // A process that ended is part of its group until it was waited for.
            let _status = self.child.try_wait();
            living.is_gone()
        });
        if !have_ended {
            living.kill();
        }
    }
}
