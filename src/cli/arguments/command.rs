//! Other commands than building.

use super::formats::{ListFormat, PlanFormat};
use super::prune::Prune;
use clap::Subcommand;
use std::path::PathBuf;

/// Other commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List what rbuild keeps in the engine and on this machine, with its size and last use
    Cache {
        /// How to show it
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Remove what rbuild keeps and nobody has used for a week; what is locked or in use stays
    ///
    /// These are data roots and caches of WITH DOCKER, its cached results, helper images, caches of RUN, clones, and of the engine's
    /// build cache what can be told to be rbuild's: build contexts and results of COPY and the like. What RUN made cannot be told from
    /// what `docker build` made; it goes with --all only.
    Prune(Prune),
    /// List the targets of the Buildfile
    Ls {
        /// The directory of another Buildfile
        path: Option<PathBuf>,
    },
    /// Show who holds the locks of the cache directory, and who waits for them; takes none
    Locks {
        /// How to show it
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Show the build graph of targets; nothing is run, and no engine is needed, but for `--evaluate`
    Plan {
        /// How to show it
        #[arg(long, value_enum, default_value_t)]
        format: PlanFormat,
        /// Show what each vertex does, and its id
        #[arg(long)]
        details: bool,
        /// Run the steps that decide how the plan goes on (conditions, `$(…)`), on an engine
        #[arg(long)]
        evaluate: bool,
        /// Targets, each followed by its arguments
        #[arg(
            value_name = "+TARGET [--ARG=VALUE…]",
            trailing_var_arg = true,
            allow_hyphen_values = true,
            required = true
        )]
        words: Vec<String>,
    },
}
