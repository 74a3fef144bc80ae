//! Docker's contexts: named engines that `docker context` keeps below `~/.docker`.

use super::{Address, InvalidAddress, Surroundings};
use crate::digest::Digest;
use serde::Deserialize;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The context that stands for the usual sockets.
const DEFAULT: &str = "default";

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ConfigFile {
    current_context: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    docker: Endpoint,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    #[serde(default)]
    host: String,
    #[serde(default, rename = "SkipTLSVerify")]
    skip_tls_verify: bool,
}

impl Surroundings {
    /// The directory of Docker's own files.
    pub(super) fn docker_dir(&self) -> Option<PathBuf> {
        self.docker_config.clone().or_else(|| Some(self.home.as_ref()?.join(".docker")))
    }

    /// The engine of the context that the user has chosen: with `DOCKER_CONTEXT`, else with `docker context use`. `None`: the usual one.
    ///
    /// # Errors
    /// When there is no such context, or its files cannot be read.
    pub(super) fn context_address(&self) -> Result<Option<Address>, InvalidAddress> {
        let Some(dir) = self.docker_dir() else { return Ok(None) };
        let name = match self.docker_context.clone().filter(|name| !name.is_empty()) {
            Some(name) => name,
            None => {
                read::<ConfigFile>(&dir.join("config.json"), "the current context")?.unwrap_or_default().current_context
            }
        };
        if name.is_empty() || name == DEFAULT {
            return Ok(None);
        }
        let id = Digest::of(&name).hex();
        let meta =
            read::<Meta>(&dir.join("contexts/meta").join(&id).join("meta.json"), &format!("the context `{name}`"))?;
        let Endpoint { host, skip_tls_verify } =
            meta.ok_or_else(|| InvalidAddress::NoContext(name.clone()))?.endpoints.docker;
        if host.is_empty() {
            return Ok(None);
        }
        let certificates = dir.join("contexts/tls").join(&id).join("docker");
        // Docker speaks TLS where either is set.
        if !certificates.is_dir() && !skip_tls_verify {
            return host.parse().map(Some);
        }
        let address = Address::with_tls(&host, certificates)?;
        if skip_tls_verify && matches!(address, Address::Tls(_)) {
            return Err(InvalidAddress::Unsupported {
                address: host,
                way: "TLS that does not look at who answers (`skip-tls-verify`)",
                instead: "give the context the engine's `ca.pem`: `docker context update --docker host=…,ca=…`",
            });
        }
        Ok(Some(address))
    }
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path, what: &str) -> Result<Option<T>, InvalidAddress> {
    let fault = |message: String| InvalidAddress::Context { what: what.to_owned(), path: path.to_owned(), message };
    match std::fs::read(path) {
        Ok(bytes) if bytes.trim_ascii().is_empty() => Ok(None),
        // serde's message would quote a value, and this file may hold secrets.
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| fault(format!("it is malformed at line {}, column {}", error.line(), error.column()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fault(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(dir: &Path, name: &str, host: &str) -> PathBuf {
        context_with(dir, name, host, false)
    }

    fn context_with(dir: &Path, name: &str, host: &str, skip: bool) -> PathBuf {
        let id = Digest::of(name).hex();
        let meta = dir.join("contexts/meta").join(&id);
        std::fs::create_dir_all(&meta).unwrap();
        let text = format!(
            r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}","SkipTLSVerify":{skip}}}}}}}"#
        );
        std::fs::write(meta.join("meta.json"), text).unwrap();
        dir.join("contexts/tls").join(&id)
    }

    #[test]
    fn the_chosen_context_names_the_engine() {
        let dir = tempfile::tempdir().unwrap();
        context(dir.path(), "far", "ssh://ann@far");
        context(dir.path(), "near", "unix:///near.sock");
        let tls = context(dir.path(), "tls", "tcp://far:2376");
        std::fs::create_dir_all(tls.join("docker")).unwrap();
        let chosen = |variable: Option<&str>, host: Option<&str>| {
            let around = Surroundings {
                docker_config: Some(dir.path().to_owned()),
                docker_context: variable.map(str::to_owned),
                docker_host: host.map(str::to_owned),
                ..Surroundings::default()
            };
            match around.addresses() {
                Ok(addresses) => addresses[0].to_string(),
                Err(error) => error.to_string(),
            }
        };
        assert_eq!(chosen(None, None), "unix:///var/run/docker.sock");
        assert_eq!(chosen(Some("far"), None), "ssh://ann@far");
        assert_eq!(chosen(Some("far"), Some("unix:///own.sock")), "unix:///own.sock");
        std::fs::write(dir.path().join("config.json"), r#"{"auths":{},"currentContext":"near"}"#).unwrap();
        assert_eq!(chosen(None, None), "unix:///near.sock");
        assert_eq!(chosen(Some("default"), None), "unix:///var/run/docker.sock");
        assert_eq!(chosen(Some("tls"), None), "tcp://far:2376");
        let around = |name: &str| Surroundings {
            docker_config: Some(dir.path().to_owned()),
            docker_context: Some(name.to_owned()),
            ..Surroundings::default()
        };
        let found = around("tls").addresses().unwrap();
        assert!(matches!(&found[..], [Address::Tls(tls)] if tls.certificates.ends_with("docker")), "{found:?}");
        // Certificates or not: Docker would speak TLS to these, and to nobody in the clear.
        let blind = context_with(dir.path(), "blind", "tcp://far:2376", true);
        assert!(chosen(Some("blind"), None).contains("`skip-tls-verify`"));
        std::fs::create_dir_all(blind.join("docker")).unwrap();
        assert!(chosen(Some("blind"), None).contains("`skip-tls-verify`"));
        context_with(dir.path(), "local", "unix:///near.sock", true);
        assert_eq!(chosen(Some("local"), None), "unix:///near.sock");
        assert!(chosen(Some("none"), None).starts_with("there is no Docker context `none`"));
        std::fs::write(dir.path().join("config.json"), r#"{"currentContext":7, "auth": "hunter"}"#).unwrap();
        let fault = chosen(None, None);
        assert!(fault.contains("cannot read the current context") && !fault.contains("hunter"), "{fault}");
    }
}
