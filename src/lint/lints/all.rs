//! The list of the lints that look at files.

use super::{
    apt, copy_before_install, exposed_secret, latest_image, lost_shell_state, missing_required, shadowed_arg,
    shared_package_cache, unknown_arg, unused_arg, unused_import, volatile_arg,
};
use crate::diagnostic::Diagnostic;
use crate::lint::subject::Subject;

/// Looks at a file, and adds what it finds.
type Look = fn(&Subject<'_>, &mut Vec<Diagnostic>);

/// All that look at the file itself. `unused-allow` looks at what these have found.
pub(in crate::lint) const ALL: &[Look] = &[
    apt::index_apart,
    apt::without_yes,
    copy_before_install::check,
    exposed_secret::check,
    latest_image::check,
    lost_shell_state::check,
    missing_required::check,
    shadowed_arg::check,
    shared_package_cache::check,
    unknown_arg::check,
    unused_arg::check,
    unused_import::check,
    volatile_arg::check,
];
