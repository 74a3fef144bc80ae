//! Credential helpers: programs named `docker-credential-…`.
//!
//! Protocol: <https://github.com/docker/docker-credential-helpers>. `get` reads the registry's key from its standard input and answers
//! with JSON on its standard output; failures are told there as well, with exit code 1.

use super::{KeychainError, Registry};
use crate::engine::docker::Credentials;
use serde::Deserialize;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// What a helper says of a registry that it does not know.
const NOT_FOUND: &str = "credentials not found in native keychain";
/// The user name that marks an identity token.
const TOKEN_USER: &str = "<token>";
/// Longest part of a helper's message that is shown.
const MESSAGE_LIMIT: usize = 300;

/// A helper, found on the user's path.
#[derive(Debug)]
pub(super) struct Helper {
    name: String,
    program: PathBuf,
    limit: Duration,
}

/// No `Debug`: it has a secret.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    secret: String,
}

impl Helper {
    /// Looks for `docker-credential-SUFFIX` in the directories of `path`. An answer may take as long as `limit`.
    pub fn find(suffix: &str, path: &OsStr, limit: Duration, config: &Path) -> Result<Self, KeychainError> {
        let name = format!("docker-credential-{suffix}");
        let is_plain = !suffix.contains('/');
        let program = std::env::split_paths(path).map(|dir| dir.join(&name)).find(|file| is_plain && is_program(file));
        match program {
            Some(program) => Ok(Self { name, program, limit }),
            None => Err(KeychainError::NoHelper { helper: name, path: config.to_owned() }),
        }
    }

    /// Asks for a registry's credentials.
    pub async fn get(&self, registry: &Registry) -> Result<Credentials, KeychainError> {
        let output = tokio::time::timeout(self.limit, self.run(registry))
            .await
            .unwrap_or_else(|_| Err(self.fault(registry, format!("it gave no answer within {:?}", self.limit))))?;
        if !output.status.success() {
            let message = message(&output);
            return if message.contains(NOT_FOUND) {
                Ok(Credentials::Anonymous)
            } else {
                Err(self.fault(registry, message))
            };
        }
        let Ok(answer) = serde_json::from_slice::<Answer>(&output.stdout) else {
            return Err(self.fault(registry, "its answer makes no sense".to_owned()));
        };
        Ok(match (answer.username.as_str(), answer.secret) {
            ("", secret) if secret.is_empty() => Credentials::Anonymous,
            (TOKEN_USER, token) => Credentials::IdentityToken(token),
            (_, secret) => Credentials::Password { username: answer.username, secret },
        })
    }

    async fn run(&self, registry: &Registry) -> Result<Output, KeychainError> {
        let failed = |verb: &str, error: &std::io::Error| self.fault(registry, format!("{verb} it: {error}"));
        let mut child = Command::new(&self.program)
            .arg("get")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed("start", &error))?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that does not read ends with an answer or an error of its own.
            let _ = stdin.write_all(registry.key().as_bytes()).await;
        }
        child.wait_with_output().await.map_err(|error| failed("read the answer of", &error))
    }

    fn fault(&self, registry: &Registry, message: String) -> KeychainError {
        KeychainError::Helper { helper: self.name.clone(), registry: registry.key().to_owned(), message }
    }
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// The first line that a failed helper wrote, unless it looks like credentials.
fn message(output: &Output) -> String {
    let texts = [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)];
    let line = texts.iter().flat_map(|text| text.lines()).map(str::trim).find(|line| !line.is_empty());
    match line {
        Some(line) if !line.contains(['{', '"']) => line.chars().take(MESSAGE_LIMIT).collect(),
        _ => format!("it ended with {}", output.status),
    }
}
