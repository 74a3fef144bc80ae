//! The container engine behind a narrow trait.

mod absent;
mod api;
pub mod buildkit;
pub mod docker;
mod error;
mod interactive;
mod registry_cache;
#[cfg(test)]
pub mod script;

pub use absent::Absent;
pub use api::{Answer, DataRoot, Engine, FindSecret, Observer, OpenContext, Progress, Secret, Services, StoreAs};
pub use error::EngineError;
pub use interactive::{Console, OpenConsole, Terminal};
pub use registry_cache::{InvalidRegistryCache, RegistryCache};
