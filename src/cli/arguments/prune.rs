//! Options of `rbuild prune`.

use crate::cli::{duration, size};
use clap::Args;
use std::time::Duration;

/// Options of `rbuild prune`.
#[derive(Debug, Clone, Copy, Args)]
pub struct Prune {
    /// The engine's whole build cache as well, which it shares with `docker build`; and, without --age and --size, everything
    #[arg(long)]
    pub all: bool,
    /// Remove what was not used for this long, with a unit: 24h or 7d [default: 7d, unless there is --size or --all]
    #[arg(long, value_name = "TIME", value_parser = duration::age)]
    pub age: Option<Duration>,
    /// Remove the oldest until the rest takes no more than this, with a unit: 10GB or 512MiB
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub size: Option<u64>,
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
}
