//! What goes through Docker's own API: where the engine is, what it is, its image store, pushing, and registry credentials.

mod address;
mod api_version;
mod authority;
mod client;
mod credentials;
mod dial;
mod disk_usage;
mod endpoint;
mod image_config;
mod images;
pub mod inner;
pub mod keychain;
pub mod kit;
mod push;
pub mod receive;
pub mod registry;
mod ssh;
mod stored;
mod tls;
mod transport;
mod upgrade;

pub use address::{Address, InvalidAddress, Surroundings};
pub use api_version::ApiVersion;
pub use client::{Docker, ImageStore};
pub use credentials::Credentials;
pub use dial::Wire;
pub use keychain::Keychain;
pub use ssh::{SshAddress, SshWire};
pub use stored::{Stored, Thing};
pub use tls::TlsAddress;
pub use upgrade::open;
