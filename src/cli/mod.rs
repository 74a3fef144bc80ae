//! The command line: typed arguments, settled configuration, one call for each command. The only place that knows exit codes and the environment.

mod arguments;
mod cache;
mod clones;
mod complete;
mod connect;
mod context;
mod doctor;
mod document;
mod dotenv;
mod dotfiles;
mod duration;
mod engineless;
mod environment;
mod exit;
mod faults;
mod fmt;
mod goals;
mod init;
mod list;
mod locks;
mod main;
mod manual;
mod plan;
mod prune;
mod reports;
mod secrets;
mod size;
mod targets;
mod variables;
mod work;

pub use arguments::Arguments;
pub use exit::Exit;
pub use main::main;
