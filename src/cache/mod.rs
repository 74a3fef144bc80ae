//! What rbuild remembers between invocations.

mod durations;
mod numbers;
mod peaks;

pub use durations::Durations;
pub use peaks::Peaks;
