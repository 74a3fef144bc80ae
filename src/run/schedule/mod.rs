//! Which vertex may do what, and when: a pure state machine. It takes events and gives actions; it knows no clock, engine or file.
//!
//! Invariants, held by the one function that changes a node's state:
//! - a vertex is submitted when all its inputs are done, and finishes once;
//! - at most `limit` steps hold a slot: what runs, and what is taking its locks;
//! - a step that waits for a lock holds no slot;
//! - when a stop was asked for, nothing new begins.

mod machine;
mod node;

pub use machine::{Action, Event, Schedule, Setup};
pub use node::{Kind, State};
