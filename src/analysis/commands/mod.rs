//! One file for each command, or for a small family of them: from words to meaning.

mod add;
mod build;
mod cache;
mod copy;
mod copy_source;
mod r#do;
mod exec_form;
mod for_in;
mod from;
mod from_dockerfile;
mod git_clone;
mod healthcheck;
mod host;
mod image_config;
mod import;
mod load;
mod locally;
mod platform;
mod project;
mod question;
mod run;
mod save_artifact;
mod save_image;
mod script;
mod step;
mod unsupported;
mod variable;
mod with_docker;

pub(super) use for_in::for_in;
pub use image_config::is_signal;
pub use import::parse as parse_import;
pub(super) use question::condition;
pub use run::check_network;
pub(super) use step::step;
pub use with_docker::docker_network;
pub(super) use with_docker::with_docker;
