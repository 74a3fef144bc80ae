//! BuildKit behind Docker's socket.
//!
//! Docker serves its BuildKit's gRPC API on its own socket, and calls back into a session of the client: for build contexts, secrets,
//! registry credentials, and the gates that hold a step back until it may run.

mod attend;
mod auth;
mod capabilities;
mod context;
mod dial;
mod driver;
mod entry;
mod export;
mod failure;
mod filesync;
mod frontend;
mod gates;
mod gateway;
mod health;
mod image;
mod job;
mod keep;
mod link;
mod lower;
mod offer;
mod private;
mod probe;
mod receive;
mod records;
mod registry_caches;
mod resolve;
mod secrets;
mod session;
mod solve;
mod ssh;
mod status;
mod step_inputs;
mod step_surroundings;
mod translation;
mod unfold;
mod unique;
mod with_docker;

pub use driver::{BuildKit, Settings};
pub use records::{Record, RecordKind, Records};
pub use resolve::Resolve;
