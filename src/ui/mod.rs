//! Everything that people and programs see of a build: events become text here, and nothing else writes to the terminal.
//!
//! Renderers are pure: they take events, a clock reading and settings, and give lines. One thread ([`spawn`]) owns
//! standard error, feeds a renderer and writes what it gives.
//!
//! - `settings`: what the terminal can do, settled once from explicit inputs.
//! - `style`, `measure`, `wording`: colours and glyphs; display widths and clipping; durations, sizes and plurals.
//! - `escape`, `output`, `mask`, `masked`: what tools print, made fit to show: escapes, lines out of chunks, secrets.
//! - `label`, `tally`, `failure`, `trace`, `notice`, `summary`: parts that several renderers share.
//! - `renderer`: what `plain`, `fancy` (its moving part is `frame`), `json` and `actions` have in common.
//! - `github`, `job_summary`: what GitHub Actions understands.
//! - `live`, `canvas`: writing and drawing; `log` keeps all that steps print; `thread` brings events, one renderer, the logs and the
//!   screen together.
//! - `reports`: what is written about a build that is over: the timeline, and reports for programs and CI servers.
//! - `report`, `excerpt`: Buildfile faults; `sarif`: the same for code scanning.
//! - `message`: single errors and notes; `table`: lists that were asked for; `diff`: two texts of
//!   a file.

mod actions;
mod canvas;
mod diff;
mod escape;
mod excerpt;
mod failure;
mod fancy;
mod frame;
mod github;
mod job_summary;
mod json;
mod label;
mod live;
mod log;
mod mask;
mod masked;
mod measure;
mod message;
mod notice;
mod output;
mod plain;
mod renderer;
mod report;
mod reports;
mod sarif;
mod settings;
mod style;
mod summary;
mod table;
mod tally;
mod thread;
mod trace;
mod wording;

#[cfg(test)]
mod screen_tests;
#[cfg(test)]
mod script;

pub use diff::diff;
pub use escape::word;
pub use github::Github;
pub use json::{json_diagnostics, json_error};
pub use mask::Masks;
pub use message::{error, note, warning};
pub use report::diagnostics;
pub use reports::{junit, report, timings};
pub use sarif::{SarifRule, sarif};
pub use settings::{Environment, Mode, Terminal, columns};
pub use table::table;
pub use thread::{Closed, Curtain, Display, Handle, spawn};
pub use wording::wait as age;
pub use wording::{ago, count, size};
