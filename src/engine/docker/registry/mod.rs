//! Registries, spoken to by rbuild itself: only for the index of an image for several platforms, which Docker's own store cannot push.
//!
//! Protocol: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>.

mod challenge;
mod client;
mod index;

pub use client::{Part, push_index};
