//! What can be typed. Options stand in one file for each heading of the help.

mod command;
mod command_line;
mod formats;
mod input;
mod machine;
mod options;
mod output;
mod parallelism;
mod prune;
mod reports;
mod repositories;
mod running;
mod words;

pub use command::Command;
pub use command_line::Arguments;
pub use formats::{ListFormat, PlanFormat, Progress};
pub use options::Options;
pub use parallelism::Parallelism;
pub use prune::Prune;
pub use reports::{Report, ReportFormat};
pub use running::DockerCacheIn;
