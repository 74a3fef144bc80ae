//! The end of a process: waiting for it, and what it says.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

/// How long processes may take to end after they were asked to.
pub const GRACE: Duration = Duration::from_secs(3);
/// How often it is looked whether they have.
const LOOK: Duration = Duration::from_millis(20);

/// Waits until something has ended, and gives whether it has within a time. For those who are dropped, and cannot wait in another way.
pub fn ends_within(limit: Duration, mut has_ended: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if has_ended() {
            return true;
        }
        if begun.elapsed() >= limit {
            return false;
        }
        std::thread::sleep(LOOK);
    }
}

/// The exit code of a process; 128 + n where signal n ended it, as shells have it.
pub fn code_of(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1)
}
