//! Syntax tree to typed program: flags, references, words. Nothing above this floor parses a flag or a reference again.

mod across;
mod analyse;
mod analyser;
mod build_args;
pub mod builtins;
mod call;
mod commands;
mod cycles;
mod duration;
pub mod features;
mod flags;
mod late;
mod mode;
mod mount;
pub mod names;
pub mod program;
mod recipe;
pub mod reference;
mod regroup;
mod secret;
mod step_text;
mod targets;
pub mod template;
mod word;

pub use across::{check_across, references};
pub use analyse::{Options, analyse};
pub use mode::parse_mode;
pub use mount::MountError;
pub use secret::SecretError;

#[cfg(test)]
mod tests;
