//! The executor on the scripted engine: arithmetic instead of containers.

mod calls;
mod cap;
mod failures;
mod hosts;
mod locally;
mod locks;
mod memory;
mod pools;
pub(super) mod world;
