//! The user's terminal while a process of a container has it: its mode, its size, and what is typed.
//!
//! - `raw`: keys go to the process as they are, and the mode comes back whatever happens
//! - `keys`: reads standard input so that nothing is lost to a read that nobody wants any more
//! - `window`: the size, now and whenever it changes

mod keys;
mod raw;
mod window;

pub use keys::{Keys, keys};
pub use raw::{Raw, restore};
pub use window::{follow, is_terminal};
