//! When two steps are equal: the key of a step's result.
//!
//! A vertex's id knows nothing of the content of build contexts and registries, and Docker's own cache nothing of these steps. So what
//! a step reads is exported first, and the layers' digests are what counts.

use crate::digest::Digest;
use crate::graph::image::ImageConfig;
use serde::Serialize;

/// Version of the key's format, and of what a step does with what the key covers.
const FORMAT: &str = "rbuild-with-docker-1";

/// What an image is, whatever its name, its time and the store that it lies in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Content {
    /// The digests of its layers, unpacked, the lowest first.
    pub layers: Vec<String>,
    /// How a container of it runs.
    pub config: ImageConfig,
}

impl Content {
    /// The digest of it all.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(serde_json::to_vec(self).expect("strings and maps of strings are JSON"))
    }
}

/// All that a step's result depends on. Secrets' values are not among it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// What the step does by itself: command, own variables, mounts and the like.
    pub own: String,
    /// The digests of its file system's layers.
    pub layers: Vec<String>,
    /// All of its variables, the image's included.
    pub env: Vec<String>,
    /// Its directory.
    pub workdir: String,
    /// Its user.
    pub user: String,
    /// Names of the images that it gets, and the digests of their contents.
    pub images: Vec<(String, String)>,
    /// Compose files and services.
    pub compose: Option<(Vec<String>, Vec<String>)>,
}

impl Key {
    /// The tag of the image that keeps the result.
    #[must_use]
    pub fn tag(&self) -> String {
        Digest::of(serde_json::to_vec(&(FORMAT, self)).expect("strings are JSON")).hex()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key {
            own: "own".into(),
            layers: vec!["sha256:1".into()],
            env: vec!["A=1".into()],
            workdir: "/w".into(),
            user: String::new(),
            images: vec![("app:1".into(), "c".into())],
            compose: Some((vec!["a.yml".into()], Vec::new())),
        }
    }

    #[test]
    fn every_part_of_the_key_counts() {
        let changes: [fn(&mut Key); 10] = [
            |key| key.own.push('x'),
            |key| key.layers.push("sha256:2".into()),
            |key| key.env.push("B=1".into()),
            |key| key.env[0].push('1'),
            |key| key.workdir.push('x'),
            |key| key.user.push('x'),
            |key| key.images[0].0.push('x'),
            |key| key.images[0].1.push('x'),
            |key| key.compose = None,
            |key| key.compose = Some((Vec::new(), vec!["a.yml".into()])),
        ];
        let mut tags = std::collections::HashSet::from([key().tag()]);
        for change in changes {
            let mut other = key();
            change(&mut other);
            assert!(tags.insert(other.tag()), "{other:?}");
        }
        assert_eq!(key().tag(), key().tag());
        assert_eq!(key().tag().len(), 64);
    }

    #[test]
    fn content_is_layers_and_configuration() {
        let content = |layer: &str, user: &str| Content {
            layers: vec![layer.to_owned()],
            config: ImageConfig { user: user.to_owned(), ..ImageConfig::default() },
        };
        assert_eq!(content("a", "u").digest(), content("a", "u").digest());
        assert_ne!(content("a", "u").digest(), content("b", "u").digest());
        assert_ne!(content("a", "u").digest(), content("a", "v").digest());
    }
}
