//! What rbuild remembers between invocations.

mod durations;

pub use durations::Durations;
