//! What the engine's image exporter is told.

use crate::engine::EngineError;
use crate::graph::image::{ConfigPatch, ImageConfig};
use crate::platform::Platform;
use bollard_buildkit_proto::moby::buildkit::v1::frontend::{
    Ref, RefMap, Result as BuildResult, result::Result as Referred,
};
use serde::Deserialize as _;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The whole configuration of an image: the base's with the recipe's changes. Layers are the exporter's to fill in.
///
/// # Errors
/// When the base's configuration is no JSON object.
pub fn image_config(base: Option<&[u8]>, patch: &ConfigPatch, platform: &Platform) -> Result<String, EngineError> {
    let fault =
        |error: serde_json::Error| EngineError::Other(format!("read the configuration of the base image: {error}"));
    let mut whole: Map<String, Value> =
        base.map_or_else(|| Ok(Map::new()), |text| serde_json::from_slice(text).map_err(fault))?;
    let old = match whole.remove("config") {
        Some(config) => Option::<ImageConfig>::deserialize(config).map_err(fault)?.unwrap_or_default(),
        None => ImageConfig::default(),
    };
    // What belongs to the base alone: its layers, its time, and what Docker noted on the container that it was made in.
    for key in ["rootfs", "created", "container", "container_config", "docker_version", "id", "parent"] {
        whole.remove(key);
    }
    whole.insert("config".to_owned(), serde_json::to_value(patch.apply(&old)).map_err(fault)?);
    whole.insert("architecture".to_owned(), Value::from(platform.arch.as_str()));
    whole.insert("os".to_owned(), Value::from(platform.os.as_str()));
    whole.remove("variant");
    if !platform.variant.is_empty() {
        whole.insert("variant".to_owned(), Value::from(platform.variant.as_str()));
    }
    Ok(Value::Object(whole).to_string())
}

/// A result with the configuration of the image that it becomes; without a reference it is an empty file system. (New engines take no
/// configuration among the exporter's attributes.)
#[must_use]
pub fn image_result(reference: Option<Ref>, config: String) -> BuildResult {
    BuildResult {
        metadata: [("containerimage.config".to_owned(), config.into_bytes())].into(),
        result: reference.map(Referred::Ref),
        ..BuildResult::default()
    }
}

/// Several results of one build. Engines want to be told a platform of each, and make nothing of it where nothing is exported.
#[must_use]
pub fn results(references: impl Iterator<Item = Ref>, platform: &Platform) -> BuildResult {
    let refs: HashMap<_, _> =
        references.enumerate().map(|(number, reference)| (number.to_string(), reference)).collect();
    let platform = json!({ "os": platform.os, "architecture": platform.arch });
    let platforms: Vec<_> = refs.keys().map(|id| json!({ "ID": id, "Platform": platform })).collect();
    BuildResult {
        metadata: [("refs.platforms".to_owned(), json!({ "Platforms": platforms }).to_string().into_bytes())].into(),
        result: Some(Referred::Refs(RefMap { refs })),
        ..BuildResult::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipe_changes_the_base_and_the_rest_stays() {
        let base = br#"{"architecture":"arm64","variant":"v8","os":"linux","author":"a","created":"2020-01-01T00:00:00Z",
            "config":{"Env":["PATH=/bin"],"Cmd":["sh"],"Shell":["/bin/bash"]},"rootfs":{"type":"layers","diff_ids":["sha256:0"]}}"#;
        let patch = ConfigPatch {
            env: [("A".to_owned(), "1".to_owned())].into_iter().collect(),
            workdir: Some("/w".into()),
            ..ConfigPatch::default()
        };
        let text = image_config(Some(base), &patch, &"linux/amd64".parse().expect("valid")).expect("merges");
        let expect = r#"{"architecture":"amd64","author":"a","config":{"Env":["PATH=/bin","A=1"],"Cmd":["sh"],"WorkingDir":"/w","Shell":["/bin/bash"]},"os":"linux"}"#;
        let parse = |text: &str| serde_json::from_str::<Value>(text).expect("valid");
        assert_eq!(parse(&text), parse(expect));
    }

    #[test]
    fn an_image_from_scratch_gets_a_fresh_configuration() {
        let platform = "linux/arm/v7".parse().expect("valid");
        let text = image_config(None, &ConfigPatch::default(), &platform).expect("makes one");
        let parsed: Value = serde_json::from_str(&text).expect("valid");
        assert_eq!(parsed, serde_json::json!({"architecture": "arm", "os": "linux", "variant": "v7", "config": {}}));
        assert!(image_config(Some(b"[]"), &ConfigPatch::default(), &platform).is_err());
    }
}
