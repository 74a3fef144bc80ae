//! Program to results: evaluation makes a graph of the program, the executor runs the graph on an engine, outputs are written.

mod build;
mod dispatch;
pub mod eval;
pub mod facts;
mod failure;
mod gatekeeper;
mod interrupt;
pub mod inventory;
pub mod load;
mod outputs;
pub mod program;
pub mod schedule;
mod steps;

#[cfg(test)]
mod tests;

pub use build::{Choices, build};
pub use dispatch::{Executor, Limits};
pub use failure::BuildError;
pub use interrupt::Interrupt;
