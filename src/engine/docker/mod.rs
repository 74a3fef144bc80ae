//! What goes through Docker's own API: where the engine is, what it is, its image store, pushing, and registry credentials.

mod address;
mod api_version;
mod client;
mod dial;
mod image_config;
mod images;

pub use address::{Address, InvalidAddress, Surroundings};
pub use api_version::ApiVersion;
pub use client::{Docker, ImageStore};
pub use dial::Wire;
