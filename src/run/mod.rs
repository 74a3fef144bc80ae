//! Program to results: evaluation makes a graph of the program, the executor runs the graph on an engine, outputs are written.

mod build;
mod caches;
mod dispatch;
pub mod eval;
mod executor;
pub mod facts;
mod failure;
mod from_build;
mod gatekeeper;
mod host;
mod host_docker;
mod interrupt;
pub mod inventory;
pub mod load;
mod outputs;
mod place;
pub mod program;
mod recorder;
pub mod repositories;
pub mod schedule;
pub mod skip;
mod steps;
mod summary;
mod wildcard;

#[cfg(test)]
mod tests;

pub use build::{Choices, Written, build, prepare};
pub use caches::{CacheChoices, save_cache};
pub use executor::{Executor, Limits};
pub use failure::BuildError;
pub use from_build::{Extent, FromBuild};
pub use host::HostAnswer;
pub use interrupt::Interrupt;
pub use place::{Again, Failed, NoPlace, Place, Wanted, Way, after_failure, beside_failure, way_to};
pub use summary::{critical_path, summary};
