//! Syntax tree to typed program: flags, references, words. Nothing above this floor parses a flag or a reference again.
//!
//! [`analyse`] reads one file and finds all its faults; [`references`] names the other files that it needs, and [`check_across`]
//! checks them once they are there. What holds a variable stays a [`template::Template`] or a [`program::Late`] value; it is
//! expanded when its variables are known, and then read by the function that belongs to its type: `Flag::read`,
//! `SecretSpec::parse`, `MountSpec::parse`, `TargetRef::parse`, `ArtifactRef::parse`, [`parse_mode`], [`check_image`].
//!
//! | module | |
//! |---|---|
//! | `analyse`, `recipe`, `blocks`, `commands` | a file, its recipes, their blocks and commands |
//! | `analyser` | the features and the list of faults that all of these share |
//! | `flags`, `regroup`, `build_args`, `call`, `wildcard` | the parts that many commands have in common |
//! | `template`, `reference`, `secret`, `mount`, `image`, … | small languages inside words |
//! | `signature` | what a target takes and gives, for lists and completion |
//! | `names`, `imports`, `targets`, `cycles`, `across` | checks that look at more than one command |

mod across;
mod add_source;
mod analyse;
mod analyser;
mod blocks;
mod build_args;
pub mod builtins;
mod call;
mod commands;
mod context_path;
mod cycles;
mod duration;
pub mod features;
mod flags;
mod image;
mod imports;
mod late;
mod mode;
mod mount;
pub mod names;
pub mod program;
mod recipe;
pub mod reference;
mod regroup;
mod secret;
pub mod signature;
mod step_text;
mod targets;
pub mod template;
mod wildcard;
mod word;

pub use across::{check_across, references};
pub use add_source::AddSource;
pub use analyse::{Options, analyse};
pub use commands::{
    check_network, copy_mixed, docker_network, healthcheck_retries, healthcheck_time, is_signal, misspelt_platform,
    parse_import,
};
pub use context_path::check_copy_source;
pub use duration::parse_duration;
pub use image::{InvalidImage, check_image};
pub use imports::unknown as unknown_import;
pub use mode::parse_mode;
pub use mount::MountError;
pub use names::set_fault;
pub use recipe::{needs_image, push_last};
pub use secret::SecretError;
pub use targets::{calls, missing as missing_target, passes_args};
pub use wildcard::wildcard_fault;

#[cfg(test)]
mod tests;
