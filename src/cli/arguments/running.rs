//! Options about how steps run.

use super::parallelism::{self, Parallelism, at_least_one};
use crate::cli::duration;
use clap::{Args, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// Where the data of the daemons of `WITH DOCKER --cache-id` is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum DockerCacheIn {
    /// Named volumes of the engine
    #[default]
    Volume,
    /// Directories below the cache directory, which the engine has to see by the same path
    Directory,
    /// Directories where the engine can use them, else volumes
    Auto,
}

/// How steps run.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Running")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that users type")]
pub struct Running {
    /// Run at most N steps at the same time; `auto`: fewer while memory is short [default: the engine's processors, at least 2]
    ///
    /// Cached steps do not count. 0 is an error.
    #[arg(short = 'j', long, value_name = "N", value_parser = parallelism::parse, env = "RBUILD_MAX_PARALLELISM")]
    pub max_parallelism: Option<Parallelism>,
    /// Let all rbuild processes that share the cache directory run at most N steps at the same time [default: nobody counts]
    #[arg(long, value_name = "N", value_parser = at_least_one, env = "RBUILD_HOST_PARALLELISM")]
    pub host_parallelism: Option<NonZeroUsize>,
    /// Keep at most N data roots for WITH DOCKER steps with the same `--cache-id` [default: 2]
    ///
    /// So many of them run at the same time; others wait.
    #[arg(long, value_name = "N", value_parser = at_least_one, env = "RBUILD_DOCKER_CACHE_ROOTS")]
    pub docker_cache_roots: Option<NonZeroUsize>,
    /// Where the data of these daemons is kept: in volumes of the engine, or below the cache directory
    #[arg(long, value_enum, value_name = "PLACE", env = "RBUILD_DOCKER_CACHE_IN", default_value_t)]
    pub docker_cache_in: DockerCacheIn,
    /// Let steps run privileged: `WITH DOCKER`, `RUN --privileged`
    #[arg(short = 'P', long, env = "RBUILD_ALLOW_PRIVILEGED")]
    pub allow_privileged: bool,
    /// Refuse `LOCALLY`, which runs commands on this machine; implied by `--ci`
    #[arg(long, env = "RBUILD_STRICT")]
    pub strict: bool,
    /// After a failure, go on with what does not need the result
    #[arg(short = 'k', long)]
    pub keep_going: bool,
    /// When a RUN fails, open a shell in the state that it leaves; needs a terminal
    #[arg(short, long, env = "RBUILD_INTERACTIVE")]
    pub interactive: bool,
    /// Run every step, whatever the engine has cached
    #[arg(long, env = "RBUILD_NO_CACHE")]
    pub no_cache: bool,
    /// Do nothing where nothing has changed since the same was built, and its outputs are still there
    ///
    /// What runs in every build, such as `LOCALLY` and `RUN --no-cache`, is never left out.
    #[arg(long, env = "RBUILD_AUTO_SKIP")]
    pub auto_skip: bool,
    /// Build in spite of `--auto-skip`
    #[arg(long, env = "RBUILD_NO_AUTO_SKIP")]
    pub no_auto_skip: bool,
    /// Where `--auto-skip` keeps its records [default: skips, in the cache directory]
    ///
    /// A directory, which is made when there is something to keep.
    #[arg(long, value_name = "DIR", env = "RBUILD_AUTO_SKIP_DB_PATH")]
    pub auto_skip_db_path: Option<PathBuf>,
    /// Give up when a lock is not free after this time, for example 5m [default: wait]
    ///
    /// With exit code 4. A number and `s`, `m` or `h`; without one of these, seconds.
    #[arg(long, value_name = "TIME", value_parser = duration::parse, env = "RBUILD_LOCK_TIMEOUT")]
    pub lock_timeout: Option<Duration>,
}
