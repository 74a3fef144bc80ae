//! A build as a trace for an OpenTelemetry collector: over OTLP/HTTP, as JSON.
//!
//! - `settings`: what the variables of OpenTelemetry say · `parent`: the trace that the build is a part of
//! - `spans`: build → targets → steps → their waits · `otlp`: how these are encoded · `send`: the requests
//!
//! Nobody waits for a collector: a build does not fail for it, and its end is not held up longer than the time-out.

mod otlp;
mod parent;
mod send;
mod settings;
mod spans;

pub use parent::{Parent, ParentError};
pub use send::{SendError, send};
pub use settings::{Settings, SettingsError, Variables};
