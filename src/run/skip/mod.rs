//! `--auto-skip`: an invocation that would do what an earlier one did does nothing.
//!
//! - `asked`: what an invocation is to do · `record`: what one was made of, and what it made
//! - `witness`: sees that while it happens · `always`: what no later one may leave out
//! - `here`, `images`: whether it is all the same now, on this machine and in the engine
//!
//! The record is a trace: everything that was read, each with what it held. Evaluation and steps depend on nothing else, so whoever finds
//! all of it the same would come to the same, however the one led to the other.

mod always;
mod asked;
mod here;
mod images;
mod record;
mod witness;

#[cfg(test)]
mod tests;

pub use asked::Asked;
pub use here::Here;
pub use images::{Images, OfEngine, images_are_the_same};
pub use record::Record;
pub use witness::Witness;
