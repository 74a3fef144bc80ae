//! Everything that people and programs see of a build: events become text here, and nothing else writes to the terminal.
//!
//! Renderers are pure: they take events, a clock reading and settings, and give lines. One thread ([`spawn`]) owns
//! standard error, feeds a renderer and writes what it gives.
//!
//! - `settings`: what the terminal can do, settled once from explicit inputs.
//! - `style`, `measure`, `wording`: colours and glyphs; display widths and clipping; durations, sizes and plurals.
//! - `escape`, `output`, `mask`: what tools print, made fit to show: escapes, lines out of chunks, secrets.
//! - `label`, `tally`, `failure`, `notice`, `summary`: parts that several renderers share.
//! - `renderer`: what `plain`, `fancy` (its moving part is `frame`) and `json` have in common.
//! - `live`, `canvas`: writing and drawing; `thread` brings events, one renderer and the screen together.
//! - `report`, `excerpt`: Buildfile faults; `sarif`: the same for code scanning; `message`: single errors and notes; `table`: lists that were asked for; `diff`: two texts of
//!   a file.

mod canvas;
mod diff;
mod escape;
mod excerpt;
mod failure;
mod fancy;
mod frame;
mod json;
mod label;
mod live;
mod mask;
mod measure;
mod message;
mod notice;
mod output;
mod plain;
mod renderer;
mod report;
mod sarif;
mod settings;
mod style;
mod summary;
mod table;
mod tally;
mod thread;
mod wording;

#[cfg(test)]
mod script;

pub use diff::diff;
pub use escape::word;
pub use failure::{Excerpt, failure};
pub use json::{json_diagnostics, json_error};
pub use mask::Masks;
pub use message::{error, note, warning};
pub use report::diagnostics;
pub use sarif::{SarifRule, sarif};
pub use settings::{Environment, Mode, Terminal, UnknownMode, columns};
pub use table::table;
pub use thread::{Handle, spawn};
pub use wording::wait as age;
pub use wording::{ago, count, size};
