//! Where an engine listens.

use std::fmt;
use std::path::PathBuf;

/// The place of an engine's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A Unix socket.
    Unix(PathBuf),
    /// `host:port`, without TLS.
    Tcp(String),
}

impl Address {
    /// Reads `unix:///path` or `tcp://host:port`; nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once("://")? {
            ("unix", path) if path.starts_with('/') => Some(Self::Unix(PathBuf::from(path))),
            ("tcp", place) if !place.is_empty() => Some(Self::Tcp(place.trim_end_matches('/').to_owned())),
            _ => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(place) => write!(f, "tcp://{place}"),
        }
    }
}
