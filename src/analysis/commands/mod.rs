//! One file for each command, or for a small family of them: from words to meaning.

mod build;
mod cache;
mod copy;
mod copy_source;
mod exec_form;
mod from;
mod healthcheck;
mod image_config;
mod load;
mod platform;
mod project;
mod run;
mod save_artifact;
mod save_image;
mod step;
mod unsupported;
mod variable;
mod with_docker;

pub(super) use step::step;
pub(super) use unsupported::unsupported_block;
pub(super) use with_docker::with_docker;
