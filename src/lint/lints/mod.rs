//! The lints, a file for each.

mod apt;
mod copy_before_install;
mod exposed_secret;
mod latest_image;
mod lost_shell_state;
mod missing_required;
mod shadowed_arg;
mod shared_package_cache;
mod unknown_arg;
mod unused_arg;
mod unused_import;
mod volatile_arg;

mod all;

pub(super) use all::ALL;
