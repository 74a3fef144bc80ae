//! rbuild: container builds that are repeatable, fast, and polite to the machine that they run on.

pub mod analysis;
pub mod cache;
pub mod cli;
pub mod diagnostic;
pub mod digest;
pub mod engine;
pub mod event;
pub mod format;
pub mod graph;
pub mod history;
pub mod host;
pub mod image_name;
pub mod lint;
pub mod lock;
pub mod machine;
pub mod platform;
pub mod run;
pub mod shell;
pub mod source;
pub mod syntax;
pub mod telemetry;
pub mod terminal;
pub mod trace;
pub mod tree;
pub mod ui;
pub mod workspace;
