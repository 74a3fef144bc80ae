//! Looking up a registry's credentials.

use super::config_file::ConfigFile;
use super::credential_helper::Helper;
use super::{KeychainError, Registry};
use crate::engine::docker::{Credentials, Surroundings};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Longest wait for a helper.
const HELPER_LIMIT: Duration = Duration::from_secs(10);

/// The user's registry credentials. Nothing is kept: what a login changes holds for the next look-up.
#[derive(Debug, Clone)]
pub struct Keychain {
    /// `config.json`; without one everybody is anonymous.
    file: Option<PathBuf>,
    /// Where helpers are looked for.
    path: OsString,
    limit: Duration,
}

impl Keychain {
    /// The keychain of a user.
    #[must_use]
    pub fn of(user: &Surroundings) -> Self {
        let home = || user.home.as_ref().map(|home| home.join(".docker"));
        let dir = user.docker_config.clone().or_else(home);
        Self {
            file: dir.map(|dir| dir.join("config.json")),
            path: user.path.clone().unwrap_or_default(),
            limit: HELPER_LIMIT,
        }
    }

    /// The same, with less patience.
    #[cfg(test)]
    pub(super) fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Looks up the credentials for a host, given as in an image name or as the engine asks for it.
    ///
    /// # Errors
    /// [`KeychainError`], when the configuration file or a helper that it names cannot be used. A registry that nobody knows is
    /// [`Credentials::Anonymous`].
    pub async fn credentials(&self, host: &str) -> Result<Credentials, KeychainError> {
        let Some(path) = &self.file else { return Ok(Credentials::Anonymous) };
        let registry = Registry::of(host);
        let file = ConfigFile::read(path).await?;
        match file.helper(&registry) {
            Some(suffix) => Helper::find(suffix, &self.path, self.limit, path)?.get(&registry).await,
            None => file
                .credentials(&registry)
                .ok_or_else(|| KeychainError::Entry { path: path.clone(), registry: registry.key().to_owned() }),
        }
    }
}
