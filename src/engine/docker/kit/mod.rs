//! The kit: a Docker daemon with all that it needs, for the images of `WITH DOCKER` steps that have none.

mod provide;

pub use provide::{Kit, provide};
