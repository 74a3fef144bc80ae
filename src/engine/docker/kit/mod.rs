//! The kit: a Docker daemon with all that it needs, for the images of `WITH DOCKER` steps that have none.
//!
//! A kit is a named volume of the engine, filled once for each helper image: from the image, by a container of the image, without
//! network. Its programs run in any Linux image, whatever C library that one has, if any.
//!
//! - `provide`: find the kit, or make it · `making`: the one container that may fill a volume
//! - `fill.sh`: what that container does · `docker.sh`: the `docker` that steps find

mod making;
mod provide;

pub use provide::{Kit, image, provide};
