//! The base recipe as a target.

/// The name of the base recipe among a file's targets; no target of the user's can have it.
pub const NAME: &str = "base";
