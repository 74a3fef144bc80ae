//! What a build did, step by step, as data: what is recorded while it runs, and what timelines, reports and traces show.

mod build;

#[cfg(test)]
pub mod example;

pub use build::{Build, End, How, Output, Record, Span, Spent, StepRecord};
