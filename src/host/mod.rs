//! Commands on this machine, for `LOCALLY`. What runs here has no container around it: the user's own files, programs and rights.

mod at_end;
mod attend;
mod end;
mod group;
mod process;

pub use at_end::{AtEnd, begin_all_that_is_left};
pub use attend::attend;
pub use process::{Command, HostError, run};
