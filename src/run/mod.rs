//! Program to results: evaluation makes a graph of the program, the executor runs the graph on an engine, outputs are written.

mod dispatch;
//EVAL pub mod eval;
mod failure;
pub mod facts;
mod gatekeeper;
mod interrupt;
//OUT pub mod outputs;
//PROG pub mod program;
pub mod schedule;
mod steps;

#[cfg(test)]
mod tests;

pub use dispatch::{Executor, Limits};
pub use failure::BuildError;
pub use interrupt::Interrupt;
