//! Which vertex may do what, and when: a pure state machine. It takes events and gives actions; it knows no clock, engine or file.
//!
//! Several calls share one schedule, each with goals of its own; the schedule grows with each call. A vertex that several calls want
//! runs once, and is dropped when the last of them is abandoned.
//!
//! Invariants, held by the one function that changes a node's state ([`board`](self)):
//! - a vertex is submitted when all its inputs are done, and finishes once;
//! - at most `limit` steps hold a slot: what runs, and what is taking its locks;
//! - a step that waits for a lock holds no slot;
//! - when a stop was asked for, nothing new begins.
//!
//! No event costs a pass over all nodes, but for the one that stops everything.

mod admission;
mod board;
mod calls;
mod machine;
mod node;

pub use calls::Call;
pub use machine::{Action, Event, Schedule, Setup};
pub use node::{Kind, State};
