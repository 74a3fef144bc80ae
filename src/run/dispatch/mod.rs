//! The loop between the schedule and the world.
//!
//! - `dispatcher`: the loop itself: who wants what, and what happens
//! - `message`: what it hears · `requests`: calls that wait for an answer
//! - `action`: what the schedule wants done · `attempts`: tasks on behalf of vertices
//! - `claims`: locks and data roots · `host`: slots of the whole machine · `memory`: room for a further step

mod action;
mod attempts;
mod claims;
mod dispatcher;
mod host;
mod memory;
mod message;
mod requests;

pub use attempts::Task;
pub use claims::{Roots, locks_of};
pub use dispatcher::Dispatch;
pub use message::{Message, Request, Setting};
