//! What rbuild remembers between invocations.

mod durations;
mod logs;
mod numbers;
mod peaks;
mod skips;

pub use durations::Durations;
pub use logs::{begin_logs, logs};
pub use peaks::Peaks;
pub use skips::Skips;
