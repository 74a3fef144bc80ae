//! Image configurations, as the OCI image specification and Docker's own fields define them, and changes to them.

use super::op::Output;
use crate::digest::VertexId;
use crate::platform::Platform;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The part of an image's JSON configuration that says how a container of it runs.
///
/// Format: the `config` object of <https://github.com/opencontainers/image-spec/blob/main/config.md>, with Docker's `Healthcheck`,
/// `OnBuild` and `Shell`. Unknown fields are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImageConfig {
    /// `NAME=value`
    #[serde(deserialize_with = "null_is_empty", skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// Default arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cmd: Option<Vec<String>>,
    /// Program and first arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<String>>,
    /// `user[:group]`
    #[serde(deserialize_with = "null_is_empty", skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Working directory; empty is `/`.
    #[serde(deserialize_with = "null_is_empty", skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
    /// `port/protocol`
    #[serde(deserialize_with = "null_is_empty", skip_serializing_if = "BTreeMap::is_empty")]
    pub exposed_ports: BTreeMap<String, Empty>,
    /// Paths.
    #[serde(deserialize_with = "null_is_empty", skip_serializing_if = "BTreeMap::is_empty")]
    pub volumes: BTreeMap<String, Empty>,
    /// Labels.
    #[serde(deserialize_with = "null_is_empty", skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The health check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<Healthcheck>,
    /// What is not named above.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// `{}`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Empty {}

/// Docker's health check; times in nanoseconds, 0 is the default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Healthcheck {
    /// `["NONE"]`, `["CMD", …]` or `["CMD-SHELL", text]`
    #[serde(deserialize_with = "null_is_empty")]
    pub test: Vec<String>,
    /// Between two checks.
    #[serde(skip_serializing_if = "is_zero")]
    pub interval: i64,
    /// For one check.
    #[serde(skip_serializing_if = "is_zero")]
    pub timeout: i64,
    /// Failures that do not count after the start.
    #[serde(skip_serializing_if = "is_zero")]
    pub start_period: i64,
    /// Between two checks during the start period.
    #[serde(skip_serializing_if = "is_zero")]
    pub start_interval: i64,
    /// Failures in a row that make a container unhealthy.
    #[serde(skip_serializing_if = "is_zero")]
    pub retries: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Docker writes `null` where a list or a map is empty.
fn null_is_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

impl ImageConfig {
    /// The value of a variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.env
            .iter()
            .rev()
            .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))
            .map(|(_, value)| value)
    }
}

/// What a recipe changes in the configuration of the image that it starts from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ConfigPatch {
    /// Variables that are set.
    pub env: IndexMap<String, String>,
    /// Default arguments; `Some(vec![])` clears them.
    pub cmd: Option<Vec<String>>,
    /// Program and first arguments.
    pub entrypoint: Option<Vec<String>>,
    /// User.
    pub user: Option<String>,
    /// Working directory, absolute.
    pub workdir: Option<String>,
    /// `port/protocol` to add.
    pub exposed: Vec<String>,
    /// Paths to add.
    pub volumes: Vec<String>,
    /// Labels to set.
    pub labels: IndexMap<String, String>,
    /// The health check.
    pub healthcheck: Option<Healthcheck>,
    /// Fields to set that are not named above, as [`ImageConfig::other`] has them: `Shell`, `StopSignal`.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl From<ImageConfig> for ConfigPatch {
    /// What makes this configuration of an empty one.
    fn from(config: ImageConfig) -> Self {
        let split = |pair: String| {
            pair.split_once('=')
                .map_or((pair.clone(), String::new()), |(name, value)| (name.to_owned(), value.to_owned()))
        };
        let text = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            env: config.env.into_iter().map(split).collect(),
            cmd: config.cmd,
            entrypoint: config.entrypoint,
            user: text(config.user),
            workdir: text(config.working_dir),
            exposed: config.exposed_ports.into_keys().collect(),
            volumes: config.volumes.into_keys().collect(),
            labels: config.labels.into_iter().collect(),
            healthcheck: config.healthcheck,
            // Old engines write `null` for what is not set.
            other: config.other.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        }
    }
}

impl ConfigPatch {
    /// The configuration that results.
    #[must_use]
    pub fn apply(&self, base: &ImageConfig) -> ImageConfig {
        let mut config = base.clone();
        for (name, value) in &self.env {
            let pair = format!("{name}={value}");
            let held = |old: &&mut String| old.split_once('=').is_some_and(|(key, _)| key == name);
            match config.env.iter_mut().find(held) {
                Some(old) => *old = pair,
                None => config.env.push(pair),
            }
        }
        if let Some(entrypoint) = &self.entrypoint {
            config.entrypoint = Some(entrypoint.clone());
        }
        if let Some(cmd) = &self.cmd {
            config.cmd = (!cmd.is_empty()).then(|| cmd.clone());
        }
        if let Some(user) = &self.user {
            config.user.clone_from(user);
        }
        if let Some(workdir) = &self.workdir {
            config.working_dir.clone_from(workdir);
        }
        config.exposed_ports.extend(self.exposed.iter().map(|port| (port.clone(), Empty {})));
        config.volumes.extend(self.volumes.iter().map(|path| (path.clone(), Empty {})));
        config.labels.extend(self.labels.iter().map(|(key, value)| (key.clone(), value.clone())));
        if let Some(healthcheck) = &self.healthcheck {
            config.healthcheck = Some(healthcheck.clone());
        }
        config.other.extend(self.other.clone());
        config
    }
}

/// A file system with the configuration that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageState {
    /// The files; `None` is an empty file system.
    pub root: Option<Output>,
    /// The image whose configuration is the base; `None` is an empty one.
    pub image: Option<VertexId>,
    /// What the recipe changed.
    pub patch: ConfigPatch,
    /// The platform.
    pub platform: Platform,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_docker_config_with_nulls_is_read_and_unknown_fields_survive() {
        let text =
            r#"{"Env":["PATH=/bin","A=1"],"Cmd":["sh"],"Volumes":null,"OnBuild":null,"Shell":["/bin/bash","-c"]}"#;
        let config: ImageConfig = serde_json::from_str(text).expect("valid");
        assert_eq!(config.variable("PATH"), Some("/bin"));
        assert!(config.volumes.is_empty());
        let back = serde_json::to_value(&config).expect("prints");
        assert_eq!(back["Shell"][0], "/bin/bash");
    }

    #[test]
    fn a_whole_configuration_is_a_patch_of_an_empty_one() {
        let text = r#"{"Env":["PATH=/bin","E="],"Cmd":["sh"],"Entrypoint":["e"],"User":"u","WorkingDir":"/w","ExposedPorts":{"80/tcp":{}},
            "Volumes":{"/v":{}},"Labels":{"a":"b"},"Healthcheck":{"Test":["NONE"]},"StopSignal":"SIGINT","OnBuild":["RUN x"]}"#;
        let config: ImageConfig = serde_json::from_str(text).expect("valid");
        assert_eq!(ConfigPatch::from(config.clone()).apply(&ImageConfig::default()), config);
    }

    #[test]
    fn a_patch_replaces_variables_in_place_and_adds_the_rest() {
        let base = ImageConfig { env: vec!["PATH=/bin".into(), "A=1".into()], ..ImageConfig::default() };
        let patch = ConfigPatch {
            env: [("A".to_owned(), "2".to_owned()), ("B".to_owned(), "x=y".to_owned())].into_iter().collect(),
            cmd: Some(Vec::new()),
            exposed: vec!["80/tcp".into()],
            ..ConfigPatch::default()
        };
        let config = patch.apply(&ImageConfig { cmd: Some(vec!["sh".into()]), ..base });
        assert_eq!(config.env, ["PATH=/bin", "A=2", "B=x=y"]);
        assert_eq!(config.cmd, None, "an empty list clears the command");
        assert!(config.exposed_ports.contains_key("80/tcp"));
    }
}
