//! The container engine behind a narrow trait.

mod absent;
mod api;
pub mod buildkit;
mod console;
pub mod docker;
mod error;
#[cfg(test)]
pub mod script;

pub use absent::Absent;
pub use api::{Answer, DataRoot, Engine, FindSecret, Observer, OpenContext, Progress, Secret, Services};
pub use console::{Console, OpenConsole, Terminal};
pub use error::EngineError;
