//! Docker's answer to an image inspection, in our types.

use crate::graph::image::{Empty, Healthcheck, ImageConfig};
use bollard::models;
use serde_json::{Map, Value};

/// The configuration of an image as Docker's API tells it.
pub(super) fn image_config(config: models::ImageConfig) -> ImageConfig {
    let mut other = Map::new();
    let mut keep = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            other.insert(name.to_owned(), value);
        }
    };
    keep("ArgsEscaped", config.args_escaped.filter(|escaped| *escaped).map(Value::from));
    keep("OnBuild", config.on_build.filter(|lines| !lines.is_empty()).map(Value::from));
    keep("StopSignal", config.stop_signal.filter(|signal| !signal.is_empty()).map(Value::from));
    keep("Shell", config.shell.filter(|words| !words.is_empty()).map(Value::from));
    let set = |keys: Option<Vec<String>>| keys.unwrap_or_default().into_iter().map(|key| (key, Empty {})).collect();
    ImageConfig {
        env: config.env.unwrap_or_default(),
        cmd: config.cmd,
        entrypoint: config.entrypoint,
        user: config.user.unwrap_or_default(),
        working_dir: config.working_dir.unwrap_or_default(),
        exposed_ports: set(config.exposed_ports),
        volumes: set(config.volumes),
        labels: config.labels.unwrap_or_default().into_iter().collect(),
        healthcheck: config.healthcheck.map(healthcheck),
        other,
    }
}

fn healthcheck(check: models::HealthConfig) -> Healthcheck {
    Healthcheck {
        test: check.test.unwrap_or_default(),
        interval: check.interval.unwrap_or_default(),
        timeout: check.timeout.unwrap_or_default(),
        start_period: check.start_period.unwrap_or_default(),
        start_interval: check.start_interval.unwrap_or_default(),
        retries: check.retries.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_dockers_answer_is_kept() {
        let text = r#"{
            "User": "app", "ExposedPorts": {"80/tcp": {}}, "Env": ["A=1"], "Cmd": ["x"], "Entrypoint": ["e"],
            "Healthcheck": {"Test": ["CMD", "true"], "Interval": 5, "Retries": 3}, "ArgsEscaped": true, "Volumes": {"/v": {}},
            "WorkingDir": "/w", "OnBuild": ["RUN x"], "Labels": {"k": "v"}, "StopSignal": "SIGINT", "Shell": ["/bin/bash", "-c"]
        }"#;
        let answer: models::ImageConfig = serde_json::from_str(text).expect("valid");
        let direct: ImageConfig = serde_json::from_str(text).expect("valid");
        assert_eq!(image_config(answer), direct);
    }

    #[test]
    fn nulls_and_container_fields_leave_nothing() {
        let text = r#"{"Hostname": "", "Env": null, "Cmd": null, "Volumes": null, "Labels": null, "OnBuild": null, "Image": ""}"#;
        let answer: models::ImageConfig = serde_json::from_str(text).expect("valid");
        assert_eq!(image_config(answer), ImageConfig::default());
    }
}
