//! What goes through Docker's own API: where the engine is, what it is, its image store, pushing, and registry credentials.

mod address;
mod dial;

pub use address::{Address, InvalidAddress, Surroundings};
pub use dial::Wire;
