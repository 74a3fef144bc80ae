//! The inner daemon's configuration: the image's own with ours in it.
//!
//! Format: <https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file>.

use super::container::HOME;
use crate::engine::EngineError;
use serde_json::{Map, Value, json};

/// The text of the daemon's configuration file. `own` is the image's `/etc/docker/daemon.json`, empty if it has none.
///
/// Networks lie apart from those of the outer engine, unless the image says where.
///
/// # Errors
/// When the image's file is no JSON object.
pub(super) fn meld(own: &str) -> Result<String, EngineError> {
    let fault = |why: String| EngineError::Other(format!("`/etc/docker/daemon.json` of the step's file system: {why}"));
    let mut config: Map<String, Value> = match own.trim() {
        "" => Map::new(),
        text => serde_json::from_str(text).map_err(|error| fault(error.to_string()))?,
    };
    config.entry("bip").or_insert(json!("172.20.0.1/16"));
    config.entry("default-address-pools").or_insert(json!([
        { "base": "172.21.0.0/16", "size": 24 },
        { "base": "172.22.0.0/16", "size": 24 },
    ]));
    let ours = [
        ("data-root", json!(format!("{HOME}/data/docker"))),
        ("exec-root", json!(format!("{HOME}/exec"))),
        ("pidfile", json!(format!("{HOME}/docker.pid"))),
        ("hosts", json!(["unix:///var/run/docker.sock"])),
        ("live-restore", json!(false)),
    ];
    config.extend(ours.map(|(key, value)| (key.to_owned(), value)));
    // The line that tells that it is ready is of this level.
    if config.get("log-level").is_some_and(|level| level != "debug") {
        config.insert("log-level".to_owned(), json!("info"));
    }
    // An overlay on an overlay is nothing for containerd's snapshotter.
    match config.entry("features").or_insert_with(|| json!({})) {
        Value::Object(features) => features.insert("containerd-snapshotter".to_owned(), json!(false)),
        _ => return Err(fault("`features` is not an object".to_owned())),
    };
    Ok(Value::Object(config).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn melded(own: &str) -> Value {
        serde_json::from_str(&meld(own).expect("melds")).expect("JSON")
    }

    #[test]
    fn ours_is_in_it() {
        let expected = json!({
            "bip": "172.20.0.1/16",
            "data-root": "/run/rbuild/data/docker",
            "default-address-pools": [{"base": "172.21.0.0/16", "size": 24}, {"base": "172.22.0.0/16", "size": 24}],
            "exec-root": "/run/rbuild/exec",
            "features": {"containerd-snapshotter": false},
            "hosts": ["unix:///var/run/docker.sock"],
            "live-restore": false,
            "pidfile": "/run/rbuild/docker.pid",
        });
        for own in ["", " \n", "{}"] {
            assert_eq!(melded(own), expected);
        }
    }

    #[test]
    fn the_images_own_settings_stay_where_they_do_no_harm() {
        let config = melded(
            r#"{"insecure-registries": ["h:1"], "registry-mirrors": ["http://m"], "bip": "10.9.0.1/16", "data-root": "/x",
                "hosts": ["tcp://0.0.0.0:1"], "log-level": "error", "features": {"buildkit": true, "containerd-snapshotter": true}}"#,
        );
        for (key, value) in [
            ("insecure-registries", json!(["h:1"])),
            ("registry-mirrors", json!(["http://m"])),
            ("bip", json!("10.9.0.1/16")),
            ("data-root", json!("/run/rbuild/data/docker")),
            ("hosts", json!(["unix:///var/run/docker.sock"])),
            ("log-level", json!("info")),
            ("features", json!({"buildkit": true, "containerd-snapshotter": false})),
        ] {
            assert_eq!(config[key], value, "{key}");
        }
        assert_eq!(melded(r#"{"log-level": "debug"}"#)["log-level"], "debug");
    }

    #[test]
    fn what_is_no_configuration_is_named() {
        for own in ["[]", "{", r#"{"features": 1}"#] {
            let error = meld(own).expect_err("is no configuration").to_string();
            assert!(error.contains("/etc/docker/daemon.json"), "{error}");
        }
    }
}
