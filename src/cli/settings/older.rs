//! Variables that Earthfiles' users have set.

/// Older names, by the names that come first here.
const OLDER: &[(&str, &str)] = &[
    ("RBUILD_ALLOW_PRIVILEGED", "EARTHLY_ALLOW_PRIVILEGED"),
    ("RBUILD_ARG_FILE_PATH", "EARTHLY_ARG_FILE_PATH"),
    ("RBUILD_AUTO_SKIP", "EARTHLY_AUTO_SKIP"),
    ("RBUILD_AUTO_SKIP_DB_PATH", "EARTHLY_AUTO_SKIP_DB_PATH"),
    ("RBUILD_BUILD_ARGS", "EARTHLY_BUILD_ARGS"),
    ("RBUILD_CACHE_FROM", "EARTHLY_CACHE_FROM"),
    ("RBUILD_CACHE_NS", "EARTHLY_INSTALLATION_NAME"),
    ("RBUILD_CI", "EARTHLY_CI"),
    ("RBUILD_DEBUG", "EARTHLY_DEBUG"),
    ("RBUILD_ENV_FILE_PATH", "EARTHLY_ENV_FILE_PATH"),
    ("RBUILD_GITHUB_ANNOTATIONS", "GITHUB_ACTIONS"),
    ("RBUILD_INTERACTIVE", "EARTHLY_INTERACTIVE"),
    ("RBUILD_MAX_REMOTE_CACHE", "EARTHLY_MAX_REMOTE_CACHE"),
    ("RBUILD_NO_AUTO_SKIP", "EARTHLY_NO_AUTO_SKIP"),
    ("RBUILD_NO_CACHE", "EARTHLY_NO_CACHE"),
    ("RBUILD_NO_OUTPUT", "EARTHLY_NO_OUTPUT"),
    ("RBUILD_OUTPUT", "EARTHLY_OUTPUT"),
    ("RBUILD_PLATFORM", "EARTHLY_PLATFORMS"),
    ("RBUILD_PULL", "EARTHLY_PULL"),
    ("RBUILD_PUSH", "EARTHLY_PUSH"),
    ("RBUILD_REMOTE_CACHE", "EARTHLY_REMOTE_CACHE"),
    ("RBUILD_SAVE_INLINE_CACHE", "EARTHLY_SAVE_INLINE_CACHE"),
    ("RBUILD_SECRETS", "EARTHLY_SECRETS"),
    ("RBUILD_SECRET_FILES", "EARTHLY_SECRET_FILES"),
    ("RBUILD_SECRET_FILE_PATH", "EARTHLY_SECRET_FILE_PATH"),
    ("RBUILD_SSH_AUTH_SOCK", "EARTHLY_SSH_AUTH_SOCK"),
    ("RBUILD_STRICT", "EARTHLY_STRICT"),
    ("RBUILD_USE_INLINE_CACHE", "EARTHLY_USE_INLINE_CACHE"),
    ("RBUILD_VERBOSE", "EARTHLY_VERBOSE"),
    ("RBUILD_VERSION_FLAG_OVERRIDES", "EARTHLY_VERSION_FLAG_OVERRIDES"),
];

/// The older name of a variable, which counts where the newer is not set.
#[must_use]
pub fn older(name: &str) -> Option<&'static str> {
    OLDER.iter().find(|(newer, _)| *newer == name).map(|(_, older)| *older)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use crate::cli::settings::key::options;
    use crate::cli::settings::variables::names;
    use clap::CommandFactory;

    #[test]
    fn every_name_belongs_to_an_option() {
        let command = Arguments::command();
        let known: Vec<&str> = options(&command).flat_map(names).collect();
        let strange: Vec<_> = OLDER.iter().filter(|(newer, _)| !known.contains(newer)).collect();
        assert!(strange.is_empty(), "{strange:?}");
    }
}
