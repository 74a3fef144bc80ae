//! The part of `~/.docker/config.json` that is about credentials.

use super::{KeychainError, Registry};
use crate::engine::docker::Credentials;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

/// The file. Whatever else is in it is left alone; it has secrets, so it has no `Debug`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ConfigFile {
    auths: Option<BTreeMap<String, Entry>>,
    #[serde(rename = "credHelpers")]
    helpers: Option<BTreeMap<String, String>>,
    #[serde(rename = "credsStore")]
    store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    /// base64 of `user:password`
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
}

impl ConfigFile {
    /// Reads it; one that is not there, or of no length, says nothing.
    pub async fn read(path: &Path) -> Result<Self, KeychainError> {
        let fault = |message: String| KeychainError::File { path: path.to_owned(), message };
        match tokio::fs::read(path).await {
            Ok(bytes) if bytes.trim_ascii().is_empty() => Ok(Self::default()),
            // serde's message would quote a value, and values are secrets; the place is enough.
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| fault(format!("it is not valid at line {}, column {}", error.line(), error.column()))),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(Self::default()),
            Err(error) => Err(fault(error.to_string())),
        }
    }

    /// The name of the helper that has a registry's credentials, if it is not the file.
    pub fn helper(&self, registry: &Registry) -> Option<&str> {
        let own = find(self.helpers.as_ref(), registry).map(String::as_str);
        own.or(self.store.as_deref()).filter(|name| !name.is_empty())
    }

    /// A registry's credentials in the file itself; `None` when the entry is damaged.
    pub fn credentials(&self, registry: &Registry) -> Option<Credentials> {
        let Some(entry) = find(self.auths.as_ref(), registry) else { return Some(Credentials::Anonymous) };
        if !entry.identitytoken.is_empty() {
            return Some(Credentials::IdentityToken(entry.identitytoken.clone()));
        }
        let (username, secret) = if entry.auth.is_empty() {
            (entry.username.clone(), entry.password.clone())
        } else {
            let text = String::from_utf8(STANDARD.decode(entry.auth.trim()).ok()?).ok()?;
            let (username, secret) = text.split_once(':')?;
            // Some versions of `docker login` padded the password.
            (username.to_owned(), secret.trim_matches('\0').to_owned())
        };
        if username.is_empty() && secret.is_empty() {
            return Some(Credentials::Anonymous);
        }
        Some(Credentials::Password { username, secret })
    }
}

/// The exact key first, then any that means the same registry.
fn find<'a, T>(map: Option<&'a BTreeMap<String, T>>, registry: &Registry) -> Option<&'a T> {
    let map = map?;
    map.get(registry.key()).or_else(|| map.iter().find(|(key, _)| registry.is_meant_by(key)).map(|(_, value)| value))
}
