//! What the machine that rbuild runs on can tell of itself. Only Linux tells; elsewhere nothing is known, and nothing is limited by it.
//!
//! - `disk`: how much room there is
//! - `memory`: how much memory is there, and how hard the system presses for it

mod disk;
mod memory;

pub use disk::free_space;
pub use memory::{LocalMemory, Pressure, Reading};
