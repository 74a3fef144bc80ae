//! The command line: typed arguments, settled configuration, one call for each command. The only place that knows exit codes and the environment.

mod arguments;
mod artifacts;
mod cache;
mod chatter;
mod clones;
mod config;
mod connect;
mod context;
mod debug;
mod dotenv;
mod dotfiles;
mod duration;
mod engineless;
mod environment;
mod exit;
mod faults;
mod foreign;
mod goals;
mod list;
mod locks;
mod main;
mod misspelt;
mod plan;
mod prune;
mod secrets;
mod settings;
mod size;
mod targets;
mod work;

pub use arguments::{Arguments, OptionFacts};
pub use exit::Exit;
pub use main::main;
