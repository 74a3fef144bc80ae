//! Registries as configuration files and helpers name them.

/// What `docker login` calls Docker Hub.
const HUB_KEY: &str = "https://index.docker.io/v1/";
/// The names that Docker Hub goes by: in image names, in old clients, and as the host that serves its images.
const HUB_HOSTS: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/// A registry, by the key that configuration files and helpers know it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    key: String,
}

impl Registry {
    /// The registry of a host, given as in an image name, as the engine asks for it, or as a URL.
    #[must_use]
    pub fn of(host: &str) -> Self {
        let host = host_of(host);
        let key = if HUB_HOSTS.contains(&host) { HUB_KEY } else { host };
        Self { key: key.to_owned() }
    }

    /// The key: `https://index.docker.io/v1/` for Docker Hub, else the host with its port.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What a person types after `docker login`; empty for Docker Hub.
    #[must_use]
    pub fn login(&self) -> &str {
        if self.key == HUB_KEY { "" } else { &self.key }
    }

    /// Whether a key of a configuration file means this registry.
    pub(super) fn is_meant_by(&self, key: &str) -> bool {
        self.key == key || *self == Self::of(key)
    }
}

/// Takes the scheme and the path off.
fn host_of(text: &str) -> &str {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    rest.split('/').next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_have_one_key_each() {
        for (text, key) in [
            ("docker.io", HUB_KEY),
            ("index.docker.io", HUB_KEY),
            ("registry-1.docker.io", HUB_KEY),
            (HUB_KEY, HUB_KEY),
            ("ghcr.io", "ghcr.io"),
            ("https://ghcr.io/v2/", "ghcr.io"),
            ("http://localhost:5000", "localhost:5000"),
        ] {
            assert_eq!(Registry::of(text).key(), key, "{text}");
        }
        assert!(Registry::of("ghcr.io").is_meant_by("https://ghcr.io/v1/"));
        assert!(!Registry::of("ghcr.io").is_meant_by("ghcr.io:443"));
    }
}
