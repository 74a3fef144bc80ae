//! Docker's own API: where the engine is, what it is, images and pushes.
