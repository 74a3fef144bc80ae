//! What can be typed. Options stand in one file for each heading of the help.

mod caches;
mod command;
mod command_line;
mod config;
mod formats;
mod input;
mod machine;
mod misread;
mod options;
mod output;
mod parallelism;
mod prune;
mod relevant;
mod reports;
mod repositories;
mod running;
mod short_help;
mod words;

pub use command::Command;
pub use command_line::{Arguments, OptionFacts};
pub use config::Config;
pub use formats::{CheckFormat, ListFormat, PlanFormat, Progress};
pub use misread::Misread;
pub use options::Options;
pub use parallelism::Parallelism;
pub use prune::Prune;
pub use relevant::{for_help, needs_target};
pub use reports::{Report, ReportFormat};
pub use running::DockerCacheIn;
