//! The executor on the scripted engine: arithmetic instead of containers.

mod calls;
mod cap;
mod failures;
mod locks;
pub(super) mod world;
