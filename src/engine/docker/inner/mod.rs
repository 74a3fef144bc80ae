//! `WITH DOCKER`: a process beside a Docker daemon, both in one privileged container.
//!
//! The daemon's published ports are on the process's localhost, its bind mounts see the process's files, and the container's changes
//! become an image of the engine's store.
//!
//! - `step`: what is to be run · `name`: names in the engine · `place`: where kept data lies · `run`: the whole sequence
//! - `container`: its life · `control`: what its first process (`pid1.sh`) is told and tells · `text`: the encoding of that
//! - `attend`: processes at a terminal · `by_hand`: `RUN --interactive-keep`, which runs in such a container without a daemon
//! - `load`: images go from daemon to daemon · `process`: the step's own process · `services`: its
//!   services · `compose`: compose files, as far as the key needs them · `variables`: the variables in them · `key`: when two are equal

mod attend;
mod by_hand;
mod compose;
mod container;
mod control;
mod daemon;
mod daemon_config;
mod empty;
mod exec;
mod in_use;
mod key;
mod load;
mod name;
mod place;
mod process;
mod run;
mod secret;
mod services;
mod step;
mod store;
mod text;
mod variables;

pub use by_hand::{ByHand, by_hand};
pub use compose::{ComposeFile, images as compose_images};
pub use container::{remove as remove_container, remove_stale};
pub use in_use::data_root_in_use;
pub use key::{Content, Key};
pub use name::{INPUTS, RESULTS, USED, data_root_name};
pub use place::{FoundRoot, KeptRoot, Places, RootChoice, found_roots, set_aside};
pub use run::{Failed, Ran, run};
pub use step::{LoadedImage, Process, Rest, Step, search_path};
pub use store::used;
pub use variables::Variables;
