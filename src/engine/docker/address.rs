//! Where an engine listens.

use super::authority::Authority;
use super::tls::TLS_PORT;
use super::{SshAddress, TlsAddress};
use crate::url::mask;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Docker's usual port for `tcp://` without TLS.
const PLAIN_PORT: u16 = 2375;

/// Where an engine listens. Prints as `DOCKER_HOST` has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// A Unix socket.
    Unix(PathBuf),
    /// A TCP port, without TLS.
    Tcp {
        /// Name or address of the host; IPv6 without brackets.
        host: String,
        /// Port.
        port: u16,
    },
    /// A TCP port, with TLS.
    Tls(TlsAddress),
    /// Another machine, through ssh.
    Ssh(SshAddress),
}

/// What of the user's surroundings tells where the engine and the registry credentials are. The caller reads it from the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `--docker-host` or else `DOCKER_HOST`.
    pub docker_host: Option<String>,
    /// `DOCKER_CONTEXT`: the name of one of Docker's contexts.
    pub docker_context: Option<String>,
    /// `DOCKER_TLS_VERIFY`; any text but an empty one asks for TLS.
    pub tls_verify: Option<String>,
    /// `DOCKER_CERT_PATH`, the directory of the certificates for TLS; without it that of `config.json`.
    pub cert_path: Option<PathBuf>,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`.
    pub xdg_runtime_dir: Option<PathBuf>,
    /// `DOCKER_CONFIG`, the directory of `config.json`; without it `~/.docker`.
    pub docker_config: Option<PathBuf>,
    /// `PATH`, where credential helpers are looked for.
    pub path: Option<OsString>,
}

/// A text that is no address of an engine, or of one that cannot be reached yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// It cannot be read. It is told without a password.
    #[error(
        "`{0}` is not the address of an engine; write `unix:///path/to/docker.sock`, `tcp://host:port` or `ssh://user@host`"
    )]
    Malformed(String),
    /// A way to reach an engine that is not supported.
    #[error("`{address}`: {way} is not supported yet; {instead}")]
    Unsupported {
        /// The text.
        address: String,
        /// What it asks for.
        way: &'static str,
        /// What serves instead.
        instead: &'static str,
    },
    /// A context that does not exist.
    #[error(
        "there is no Docker context `{0}`; `docker context ls` lists them, and `DOCKER_CONTEXT` or `docker context use` chooses one"
    )]
    NoContext(String),
    /// A file about contexts that cannot be read.
    #[error("cannot read {what} in {}: {message}", path.display())]
    Context {
        /// What it tells.
        what: String,
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
}

impl Surroundings {
    /// The places to look for an engine, in this order: the one that the user names or whose context is chosen, and nothing else, or
    /// the usual sockets.
    ///
    /// # Errors
    /// When the user names a place that is no address or that cannot be reached yet.
    pub fn addresses(&self) -> Result<Vec<Address>, InvalidAddress> {
        if let Some(text) = self.docker_host.as_deref().filter(|text| !text.is_empty()) {
            let tls = self.tls_verify.as_ref().is_some_and(|text| !text.is_empty());
            let certificates = self.cert_path.clone().filter(|path| !path.as_os_str().is_empty());
            return match certificates.or_else(|| self.docker_dir()).filter(|_| tls) {
                Some(certificates) => Address::with_tls(text, certificates),
                None => text.parse(),
            }
            .map(|address| vec![address]);
        }
        if let Some(address) = self.context_address()? {
            return Ok(vec![address]);
        }
        let system = Some(PathBuf::from("/var/run/docker.sock"));
        let rootless = self.xdg_runtime_dir.as_ref().map(|dir| dir.join("docker.sock"));
        let desktop = self.home.as_ref().map(|home| home.join(".docker/run/docker.sock"));
        let desktop_on_linux = self.home.as_ref().map(|home| home.join(".docker/desktop/docker.sock"));
        Ok([system, rootless, desktop, desktop_on_linux].into_iter().flatten().map(Address::Unix).collect())
    }
}

impl Address {
    /// Reads an address where TLS is asked for, which is for TCP alone.
    ///
    /// # Errors
    /// For a text that is no address.
    pub(super) fn with_tls(text: &str, certificates: PathBuf) -> Result<Self, InvalidAddress> {
        match text.split_once("://") {
            Some(("tcp" | "http", rest)) => {
                let (host, port) = host_and_port(rest).ok_or_else(|| InvalidAddress::Malformed(mask(text)))?;
                Ok(Self::Tls(TlsAddress { host: host.to_owned(), port: port.unwrap_or(TLS_PORT), certificates }))
            }
            _ => text.parse(),
        }
    }
}

impl Address {
    /// The variables by which other programs of this machine reach the same engine, whatever else is set around them.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let mut all = vec![("DOCKER_HOST", self.to_string())];
        match self {
            Self::Tls(TlsAddress { certificates, .. }) => {
                // They may be elsewhere. A path that cannot be made absolute is as good as none.
                let certificates = std::path::absolute(certificates).unwrap_or_else(|_| certificates.clone());
                all.push(("DOCKER_TLS_VERIFY", "1".to_owned()));
                all.push(("DOCKER_CERT_PATH", certificates.display().to_string()));
            }
            // Set to nothing, it asks for nothing.
            Self::Tcp { .. } => all.push(("DOCKER_TLS_VERIFY", String::new())),
            Self::Unix(_) | Self::Ssh(_) => {}
        }
        all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || InvalidAddress::Malformed(mask(text));
        let (scheme, rest) = text.split_once("://").ok_or_else(malformed)?;
        match scheme {
            "unix" if rest.starts_with('/') => Ok(Self::Unix(PathBuf::from(rest))),
            "tcp" | "http" => {
                let (host, port) = host_and_port(rest).ok_or_else(malformed)?;
                Ok(Self::Tcp { host: host.to_owned(), port: port.unwrap_or(PLAIN_PORT) })
            }
            "ssh" => SshAddress::parse(rest).map(Self::Ssh).ok_or_else(malformed),
            "https" => Err(unsupported(text, "`https://`", "write `tcp://host:2376`, and set `DOCKER_TLS_VERIFY=1`")),
            "npipe" => {
                Err(unsupported(text, "a Windows pipe", "run rbuild inside WSL, where the engine has a Unix socket"))
            }
            "fd" => Err(unsupported(text, "`fd://`", "that is for the daemon; use the socket's `unix://` address")),
            _ => Err(malformed()),
        }
    }
}

fn unsupported(address: &str, way: &'static str, instead: &'static str) -> InvalidAddress {
    InvalidAddress::Unsupported { address: mask(address), way, instead }
}

/// What stands behind the `://` of an address of TCP.
fn host_and_port(text: &str) -> Option<(&str, Option<u16>)> {
    let Authority { host, bracketed, port } = Authority::parse(text.strip_suffix('/').unwrap_or(text))?;
    let is_allowed = |c: char| match bracketed {
        true => c.is_ascii_hexdigit() || matches!(c, ':' | '.'),
        false => c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'),
    };
    host.chars().all(is_allowed).then_some((host, port))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { host, port } => write!(f, "tcp://{}", Authority::from((host.as_str(), Some(*port)))),
            Self::Tls(address) => address.fmt(f),
            Self::Ssh(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Surroundings {
        Surroundings { docker_host: Some(text.to_owned()), home: Some("/home/ann".into()), ..Surroundings::default() }
    }

    #[test]
    fn an_address_is_read_and_printed() {
        for (text, printed) in [
            ("unix:///var/run/docker.sock", "unix:///var/run/docker.sock"),
            ("tcp://engine.example:2376", "tcp://engine.example:2376"),
            ("tcp://10.0.0.1", "tcp://10.0.0.1:2375"),
            ("tcp://[::1]:99/", "tcp://[::1]:99"),
            ("http://localhost:2375", "tcp://localhost:2375"),
            ("ssh://ann@host:22/s", "ssh://ann@host:22/s"),
        ] {
            assert_eq!(text.parse::<Address>().map(|address| address.to_string()), Ok(printed.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "/var/run/docker.sock",
            "unix://",
            "unix://docker.sock",
            "tcp://",
            "tcp://:2375",
            "tcp://host:",
            "tcp://host:0",
            "tcp://host:+5",
            "tcp://host:65536",
            "tcp://host:1/path",
            "tcp://[x]:1",
            "tcp://[::1]1",
            "gopher://host",
            "ssh://",
            "ssh://-oProxyCommand=x",
        ] {
            assert_eq!(text.parse::<Address>(), Err(InvalidAddress::Malformed(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn ways_that_are_not_supported_say_what_serves_instead() {
        for (surroundings, words) in [
            (named("https://host"), "set `DOCKER_TLS_VERIFY=1`"),
            (named("npipe:////./pipe/docker_engine"), "a Windows pipe is not supported yet"),
            (named("fd://"), "use the socket's `unix://` address"),
        ] {
            let message = surroundings.addresses().map_err(|fault| fault.to_string()).expect_err("unsupported");
            assert!(message.contains(words), "{message}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_told() {
        for text in ["ssh://ann:hunter@host", "tcp://ann:hunter@host:1", "https://ann:hunter@host", "x://hunter@host"] {
            let message = named(text).addresses().map_err(|fault| fault.to_string()).expect_err("is wrong");
            assert!(message.contains("://***@host") && !message.contains("hunter"), "{message}");
        }
    }

    #[test]
    fn tls_is_asked_for_by_a_variable() {
        let asked = |text: &str, certificates: Option<&str>| {
            let tls_verify = Some("1".to_owned());
            let around = Surroundings { tls_verify, cert_path: certificates.map(Into::into), ..named(text) };
            around.addresses().map(|addresses| addresses[0].clone())
        };
        let tls = |host: &str, port, certificates: &str| {
            Ok(Address::Tls(TlsAddress { host: host.to_owned(), port, certificates: certificates.into() }))
        };
        assert_eq!(asked("tcp://host", None), tls("host", 2376, "/home/ann/.docker"));
        assert_eq!(asked("tcp://[::1]:99", Some("/certs")), tls("::1", 99, "/certs"));
        assert_eq!(asked("tcp://host", None).map(|address| address.to_string()), Ok("tcp://host:2376".to_owned()));
        assert_eq!(asked("unix:///s", None), Ok(Address::Unix("/s".into())), "TLS is for TCP alone");
        let plain = Surroundings { tls_verify: Some(String::new()), ..named("tcp://host") };
        assert!(matches!(plain.addresses().as_deref(), Ok([Address::Tcp { port: 2375, .. }])));
    }

    #[test]
    fn other_programs_reach_the_same_engine() {
        let check = |address: &Address, expected: &[(&str, &str)]| {
            let variables = address.variables();
            let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(variables, expected);
        };
        check(&Address::Unix("/s".into()), &[("DOCKER_HOST", "unix:///s")]);
        check(&"ssh://far".parse().expect("valid"), &[("DOCKER_HOST", "ssh://far")]);
        check(&"tcp://far".parse().expect("valid"), &[("DOCKER_HOST", "tcp://far:2375"), ("DOCKER_TLS_VERIFY", "")]);
        let tls = Address::with_tls("tcp://far", "/certs".into()).expect("valid");
        let expected = [("DOCKER_HOST", "tcp://far:2376"), ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", "/certs")];
        check(&tls, &expected);
    }

    #[test]
    fn the_usual_sockets_are_tried_when_the_user_names_none() {
        assert_eq!(named("unix:///s").addresses(), Ok(vec![Address::Unix("/s".into())]));
        let surroundings = Surroundings { xdg_runtime_dir: Some("/run/user/7".into()), ..named("") };
        let printed: Vec<String> = surroundings.addresses().expect("valid").iter().map(ToString::to_string).collect();
        assert_eq!(
            printed,
            [
                "unix:///var/run/docker.sock",
                "unix:///run/user/7/docker.sock",
                "unix:///home/ann/.docker/run/docker.sock",
                "unix:///home/ann/.docker/desktop/docker.sock",
            ]
        );
    }
}
