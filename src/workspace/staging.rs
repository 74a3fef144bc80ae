//! Directories in which outputs are prepared.

/// What the names of staging directories begin with.
const PREFIX: &str = ".rbuild-stage-";

/// Whether a name is that of a staging directory of some rbuild.
pub(super) fn is_staging_name(name: &str) -> bool {
    name.starts_with(PREFIX)
}
