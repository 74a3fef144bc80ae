//! Caches that registries keep: an image with a cache in it, or a cache of its own.

use crate::image_name::{ImageName, InvalidImageName};
use std::collections::BTreeMap;
use std::str::FromStr;

/// What BuildKit's registry cache understands: <https://docs.docker.com/build/cache/backends/registry/>.
const ATTRIBUTES: [&str; 8] = [
    "compression",
    "compression-level",
    "force-compression",
    "ignore-error",
    "image-manifest",
    "mode",
    "oci-mediatypes",
    "registry.insecure",
];

/// The attribute that says how much is kept.
const MODE: &str = "mode";

/// A cache's name, and how it is written and read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegistryCache {
    /// Its name.
    pub name: ImageName,
    /// What BuildKit is told besides.
    pub attributes: BTreeMap<String, String>,
}

/// A text that names no cache.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRegistryCache {
    /// The name is none of an image.
    #[error(transparent)]
    Name(#[from] InvalidImageName),
    /// The name is that of certain content, which cannot be replaced.
    #[error("`{0}` names a digest; give a tag, under which the cache can be replaced")]
    Digest(String),
    /// Behind the name stands what is no attribute.
    #[error("`{0}` is no attribute; write `NAME=VALUE`")]
    NoValue(String),
    /// There is no such attribute.
    #[error("there is no attribute `{0}`; there are {list}", list = ATTRIBUTES.join(", "))]
    Unknown(String),
    /// The mode is neither.
    #[error("`{0}` is no mode; there are `min` and `max`")]
    Mode(String),
}

impl RegistryCache {
    /// The cache in an image.
    #[must_use]
    pub fn of_image(name: ImageName) -> Self {
        Self { name, attributes: BTreeMap::new() }
    }

    /// The same, which keeps every result, and not only those that the last ones are made of.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.attributes.insert(MODE.to_owned(), "max".to_owned());
        self
    }
}

impl FromStr for RegistryCache {
    type Err = InvalidRegistryCache;

    /// Reads `NAME[,ATTRIBUTE=VALUE]…`.
    fn from_str(text: &str) -> Result<Self, InvalidRegistryCache> {
        let mut parts = text.split(',');
        let name = ImageName::parse(parts.next().unwrap_or_default().trim())?;
        if name.digest().is_some() {
            return Err(InvalidRegistryCache::Digest(name.familiar()));
        }
        let mut attributes = BTreeMap::new();
        for part in parts.map(str::trim) {
            let (key, value) = part.split_once('=').ok_or_else(|| InvalidRegistryCache::NoValue(part.to_owned()))?;
            if !ATTRIBUTES.contains(&key) {
                return Err(InvalidRegistryCache::Unknown(key.to_owned()));
            }
            if key == MODE && !["min", "max"].contains(&value) {
                return Err(InvalidRegistryCache::Mode(value.to_owned()));
            }
            attributes.insert(key.to_owned(), value.to_owned());
        }
        Ok(Self { name, attributes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_attributes() {
        let read = |text: &str| text.parse::<RegistryCache>().map_err(|error| error.to_string());
        let cache = read("example.com/app:cache, mode=max,compression=zstd").unwrap();
        assert_eq!(cache.name.normalized(), "example.com/app:cache");
        let pairs = [("compression", "zstd"), ("mode", "max")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(cache.attributes, pairs.into());
        assert_eq!(read("a").unwrap().whole(), read("a,mode=max").unwrap());
        for (text, fault) in [
            ("", "`` is not the name of an image: it is empty"),
            ("a,mode", "`mode` is no attribute; write `NAME=VALUE`"),
            ("a,mode=all", "`all` is no mode; there are `min` and `max`"),
            ("a,ref=b", "there is no attribute `ref`; there are compression, "),
        ] {
            let told = read(text).unwrap_err();
            assert!(told.starts_with(fault), "{text}: {told}");
        }
        let digest = format!("a@sha256:{}", "0".repeat(64));
        assert!(read(&digest).unwrap_err().contains("names a digest"));
    }
}
