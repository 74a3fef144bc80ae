//! From our graph to BuildKit's (LLB): a vertex and all that it needs, as a definition that an engine can solve.

mod container;
mod definition;
mod exec;
mod file;
mod llb;
mod source;

pub use container::container;
pub(super) use definition::encode;
pub use definition::{Lowered, Lowering, ends, lower};
pub use exec::environment;
pub use source::platform;

#[cfg(test)]
mod tests;
