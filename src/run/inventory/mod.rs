//! What rbuild keeps, in the engine and on this machine: for `rbuild cache` and `rbuild prune`.
//!
//! - `item`: one thing that is kept · `gather`: all of them · `machine`: those below the cache directory
//! - `choose`: which of them go, a pure function · `discard`: letting them go, under their locks

mod choose;
mod discard;
mod gather;
mod item;
mod machine;

pub use choose::{Limits, choose};
pub use discard::{DiscardError, Discarded, Discarding};
pub use gather::{DEFAULT_NAMESPACE, GatherError, Gathering};
pub use item::{Item, Kind, Part};
pub use machine::data_roots;

#[cfg(test)]
mod tests;
