//! The list of an image's platforms that a registry keeps under one name.
//!
//! Formats: <https://github.com/opencontainers/image-spec/blob/main/image-index.md> and
//! <https://distribution.github.io/distribution/spec/manifest-v2-2/#manifest-list>.

use crate::digest::Digest;
use crate::platform::Platform;
use serde::{Deserialize, Serialize};

const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// Everything that a registry may keep under a name.
pub const KINDS: [&str; 4] = [OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST];

/// A manifest, by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<Runs>,
}

/// What an image runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Runs {
    architecture: String,
    os: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    variant: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u32,
    media_type: Option<String>,
    #[serde(default)]
    manifests: Vec<Descriptor>,
}

impl Descriptor {
    /// The image for a platform that a registry keeps under a name, from what it answers for that name.
    ///
    /// # Errors
    /// Says what is wrong: no image of this platform, or no format that is known.
    pub fn of(media_type: &str, text: &[u8], platform: &Platform) -> Result<Self, String> {
        let kind = media_type.split(';').next().unwrap_or_default().trim();
        let runs =
            Runs { architecture: platform.arch.clone(), os: platform.os.clone(), variant: platform.variant.clone() };
        match kind {
            OCI_MANIFEST | DOCKER_MANIFEST => Ok(Self {
                media_type: kind.to_owned(),
                digest: Digest::of(text).to_string(),
                size: text.len() as u64,
                platform: Some(runs),
            }),
            OCI_INDEX | DOCKER_LIST => {
                let index: Index = serde_json::from_slice(text).map_err(|error| error.to_string())?;
                let same = |held: &Self| {
                    held.platform.as_ref().is_some_and(|p| (&p.os, &p.architecture) == (&runs.os, &runs.architecture))
                };
                let found = index.manifests.into_iter().find(same);
                let found = found.ok_or_else(|| format!("it holds no image for {platform}"))?;
                Ok(Self { platform: Some(runs), ..found })
            }
            _ => Err(format!("`{kind}` is no manifest")),
        }
    }
}

/// The media type and the text of an index of these images.
#[must_use]
pub fn index(manifests: Vec<Descriptor>) -> (&'static str, Vec<u8>) {
    let docker = manifests.iter().all(|manifest| manifest.media_type == DOCKER_MANIFEST);
    let kind = if docker { DOCKER_LIST } else { OCI_INDEX };
    let index = Index { schema_version: 2, media_type: Some(kind.to_owned()), manifests };
    (kind, serde_json::to_vec(&index).expect("an index is plain data"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn platform(text: &str) -> Platform {
        text.parse().expect("valid")
    }

    #[test]
    fn images_become_an_index() {
        let amd = Descriptor::of(DOCKER_MANIFEST, b"{}", &platform("linux/amd64")).expect("is a manifest");
        let arm = Descriptor::of(DOCKER_MANIFEST, b"{ }", &platform("linux/arm/v7")).expect("is a manifest");
        let (kind, text) = index(vec![amd.clone(), arm]);
        assert_eq!(kind, DOCKER_LIST);
        let value: Value = serde_json::from_slice(&text).expect("JSON");
        assert_eq!(
            value,
            json!({"schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": [
                {"mediaType": DOCKER_MANIFEST, "digest": Digest::of("{}").to_string(), "size": 2,
                 "platform": {"architecture": "amd64", "os": "linux"}},
                {"mediaType": DOCKER_MANIFEST, "digest": Digest::of("{ }").to_string(), "size": 3,
                 "platform": {"architecture": "arm", "os": "linux", "variant": "v7"}},
            ]})
        );
        let oci =
            Descriptor::of("application/vnd.oci.image.manifest.v1+json; charset=x", b"", &platform("linux/arm64"));
        assert_eq!(index(vec![amd, oci.expect("is a manifest")]).0, OCI_INDEX);
    }

    #[test]
    fn an_image_is_found_in_an_index() {
        let (kind, text) = index(vec![
            Descriptor::of(OCI_MANIFEST, b"a", &platform("unknown/unknown")).expect("is a manifest"),
            Descriptor::of(OCI_MANIFEST, b"b", &platform("linux/arm64")).expect("is a manifest"),
        ]);
        let found = Descriptor::of(kind, &text, &platform("linux/arm64")).expect("is there");
        assert_eq!(found.digest, Digest::of("b").to_string());
        assert!(Descriptor::of(kind, &text, &platform("linux/amd64")).expect_err("is not").contains("linux/amd64"));
        assert!(Descriptor::of("text/html", b"<html>", &platform("linux/amd64")).is_err());
    }
}
