//! Where registry credentials come from: the configuration file of the `docker` command, and the helpers that it names.
//!
//! For a registry, the first of these that the file has is asked, and no other, as `docker` does: its own helper (`credHelpers`), the
//! helper for all (`credsStore`), the file itself (`auths`).
//! File format: <https://docs.docker.com/reference/cli/docker/login/>.

mod config_file;
mod credential_helper;
mod error;
mod lookup;
mod registry;

pub use error::KeychainError;
pub use lookup::Keychain;
pub use registry::Registry;

#[cfg(test)]
mod tests;
