//! The build as data: a graph of content-addressed vertices that can be printed.
//!
//! A vertex has an identity ([`Op`], in its digest) and options (never in its digest). Its id is the digest of our own canonical
//! encoding ([`encode`]), so it is the same on every engine and in every run.

mod builder;
mod compose;
pub mod dockerfile;
pub mod encode;
pub mod host;
pub mod image;
pub mod op;
pub mod plan;
pub mod render;

pub use builder::{Graph, GraphBuilder, Options, Vertex};
pub use compose::Compose;
pub use host::HostOp;
pub use op::{Exec, FileAction, FileOp, HttpSource, IgnoreFile, ImageSource, LocalSource, Op, Output};
pub use plan::Plan;
