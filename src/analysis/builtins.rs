//! The names of built-in args. Each `EARTHLY_…` has a twin `RBUILD_…` of the same value.

use super::features::Feature;

/// Names behind `EARTHLY_` and `RBUILD_`.
const PREFIXED: &[&str] = &[
    "BUILD_SHA",
    "CI",
    "CI_RUNNER",
    "GIT_AUTHOR",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_NAME",
    "GIT_BRANCH",
    "GIT_CO_AUTHORS",
    "GIT_COMMIT_AUTHOR_TIMESTAMP",
    "GIT_COMMIT_TIMESTAMP",
    "GIT_HASH",
    "GIT_ORIGIN_URL",
    "GIT_ORIGIN_URL_SCRUBBED",
    "GIT_PROJECT_NAME",
    "GIT_REFS",
    "GIT_SHORT_HASH",
    "GIT_TAG",
    "LOCALLY",
    "PUSH",
    "SOURCE_DATE_EPOCH",
    "TARGET",
    "TARGET_NAME",
    "TARGET_PROJECT",
    "TARGET_PROJECT_NO_TAG",
    "TARGET_TAG",
    "TARGET_TAG_DOCKER",
    "VERSION",
];

/// Names of platforms and their parts.
const PLATFORMS: &[&str] = &[
    "NATIVEARCH",
    "NATIVEOS",
    "NATIVEPLATFORM",
    "NATIVEVARIANT",
    "TARGETARCH",
    "TARGETOS",
    "TARGETPLATFORM",
    "TARGETVARIANT",
    "USERARCH",
    "USEROS",
    "USERPLATFORM",
    "USERVARIANT",
];

/// The built-in that a name means, without its prefix: `GIT_HASH` of `EARTHLY_GIT_HASH` and `RBUILD_GIT_HASH`, `TARGETARCH` of
/// itself. `None`: the name is no built-in.
#[must_use]
pub fn builtin(name: &str) -> Option<&'static str> {
    let find = |names: &[&'static str], wanted: &str| names.iter().copied().find(|known| *known == wanted);
    match name.strip_prefix("EARTHLY_").or_else(|| name.strip_prefix("RBUILD_")) {
        Some(rest) => find(PREFIXED, rest),
        None => find(PLATFORMS, name),
    }
}

/// The feature without which a built-in, named as by [`builtin`], has no value.
#[must_use]
pub fn feature(builtin: &str) -> Option<Feature> {
    Some(match builtin {
        "CI" => Feature::CiArg,
        "CI_RUNNER" => Feature::EarthlyCiRunnerArg,
        "LOCALLY" => Feature::EarthlyLocallyArg,
        "VERSION" | "BUILD_SHA" => Feature::EarthlyVersionArg,
        "PUSH" => Feature::WaitBlock,
        "GIT_AUTHOR" | "GIT_CO_AUTHORS" => Feature::EarthlyGitAuthorArgs,
        "GIT_AUTHOR_EMAIL" | "GIT_AUTHOR_NAME" => Feature::GitAuthorEmailNameArgs,
        "GIT_COMMIT_AUTHOR_TIMESTAMP" => Feature::GitCommitAuthorTimestamp,
        "GIT_REFS" => Feature::GitRefs,
        _ if builtin.starts_with("NATIVE") => Feature::NewPlatform,
        _ => return None,
    })
}

/// Whether a name is a built-in arg's.
#[must_use]
pub fn is_builtin(name: &str) -> bool {
    builtin(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builtins_have_twins() {
        for (name, expected) in [
            ("EARTHLY_GIT_HASH", Some("GIT_HASH")),
            ("RBUILD_GIT_HASH", Some("GIT_HASH")),
            ("TARGETARCH", Some("TARGETARCH")),
            ("EARTHLY_TARGETARCH", None),
            ("GIT_HASH", None),
            ("EARTHLY_X", None),
            ("", None),
        ] {
            assert_eq!(builtin(name), expected, "{name}");
        }
    }
}
