//! What a project's settings file may say. It comes with whatever is checked out: it must not loosen what protects its user, nor decide
//! what the user alone answers for.

use super::setting::Value;

/// Keys that a project's file may set. A new option is none of them until somebody has thought about it.
const MAY: &[&str] = &[
    "auto-skip",
    "build-arg",
    "cache-namespace",
    "color",
    "docker-cache-roots",
    "dockerd-image",
    "keep-going",
    "lock-timeout",
    "max-parallelism",
    "no-cache",
    "no-output",
    "platform",
    "progress",
    "pull",
    "strict",
    "verbose",
    "version-flag-overrides",
];

/// Switches that a project's file may turn on, but not off for a user who has turned them on.
const ONLY_ON: &[&str] = &["no-output", "strict"];

/// Whether a project's file may set this key to something.
#[must_use]
pub fn may_set(long: &str) -> bool {
    MAY.contains(&long)
}

/// Why a project's file must not say this; `None` where it may.
#[must_use]
pub fn objection(long: &str, value: &Value) -> Option<&'static str> {
    if !may_set(long) {
        return Some("that is for its user to decide");
    }
    if ONLY_ON.contains(&long) && !value.is_on() {
        return Some("it may only turn that on");
    }
    // The environment of whoever builds may hold anything.
    match value {
        Value::Many(values) if long == "build-arg" && values.iter().any(|value| !value.contains('=')) => {
            Some("a value from its user's environment is for the user to give")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use crate::cli::settings::key::{keys, long};
    use clap::CommandFactory;

    #[test]
    fn what_a_project_may_set_are_keys() {
        let command = Arguments::command();
        let known: Vec<&str> = keys(&command).into_iter().map(long).collect();
        let strange: Vec<_> = MAY.iter().chain(ONLY_ON).filter(|key| !known.contains(key)).collect();
        assert!(strange.is_empty(), "{strange:?}");
    }

    #[test]
    fn a_project_cannot_loosen_what_protects_its_user() {
        for key in ["allow-privileged", "docker-host", "git-password", "push", "secret", "secret-file", "unsafe-locks"]
        {
            assert!(objection(key, &Value::Switch(true)).is_some(), "{key}");
        }
        assert_eq!(objection("strict", &Value::Switch(true)), None);
        assert!(objection("strict", &Value::Switch(false)).is_some());
        assert_eq!(objection("no-cache", &Value::Switch(false)), None);
        assert_eq!(objection("build-arg", &Value::Many(vec!["a=1".into()])), None);
        assert!(objection("build-arg", &Value::Many(vec!["a=1".into(), "AWS_KEY".into()])).is_some());
    }
}
