//! The container engine behind a narrow trait.

mod absent;
mod api;
pub mod buildkit;
pub mod docker;
mod error;
mod interactive;
#[cfg(test)]
pub mod script;

pub use absent::Absent;
pub use api::{Answer, DataRoot, Engine, FindSecret, Observer, OpenContext, Progress, Secret, Services};
pub use error::EngineError;
pub use interactive::{Console, OpenConsole, Terminal};
