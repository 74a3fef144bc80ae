//! A cache outside of the engine, as BuildKit's requests name it.

use bollard_buildkit_proto::moby::buildkit::v1::CacheOptionsEntry;
use bollard_buildkit_proto::moby::buildkit::v1::frontend;
use std::collections::BTreeMap;

/// A kind of cache, and which one it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    kind: &'static str,
    attributes: BTreeMap<String, String>,
}

impl Entry {
    /// What an image's configuration tells of its layers.
    #[must_use]
    pub fn inline() -> Self {
        Self { kind: "inline", attributes: BTreeMap::new() }
    }

    /// What a registry has under a name: an image with a cache in it, or a cache of its own.
    #[must_use]
    pub fn registry(name: &str, attributes: &BTreeMap<String, String>) -> Self {
        let mut attributes = attributes.clone();
        attributes.insert("ref".to_owned(), name.to_owned());
        Self { kind: "registry", attributes }
    }

    /// For the request that opens a build.
    #[must_use]
    pub fn of_build(self) -> CacheOptionsEntry {
        CacheOptionsEntry { r#type: self.kind.to_owned(), attrs: self.attributes.into_iter().collect() }
    }

    /// For a call within a build.
    #[must_use]
    pub fn of_call(self) -> frontend::CacheOptionsEntry {
        frontend::CacheOptionsEntry { r#type: self.kind.to_owned(), attrs: self.attributes.into_iter().collect() }
    }
}
