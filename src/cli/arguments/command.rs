//! Other commands than building.

use super::formats::{ListFormat, PlanFormat};
use super::prune::Prune;
use crate::cli::complete::Shell;
use crate::cli::init::Template;
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
    /// Print what shells ask for while a command line is typed
    #[command(hide = true)]
    Complete {
        /// The words behind `rbuild`, the last one perhaps empty
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Print the script that teaches a shell to complete options, targets and their arguments
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Show what the comments of the Buildfile say about its targets, or all about one: `rbuild doc +test`
    Doc {
        /// A target, or the directory of another Buildfile
        #[arg(value_name = "[DIR][+TARGET]")]
        target: Option<String>,
        /// All about every target that has a comment
        #[arg(short, long)]
        long: bool,
    },
    /// Check this machine: engine, locks, disk, programs, and what they mean for builds
    Doctor {
        /// How to show it
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Format Buildfiles: indentation, blank lines, long lines; comments and meaning stay
    Fmt {
        /// Change nothing; show what would change, and fail where anything would
        #[arg(long)]
        check: bool,
        /// Files; a directory stands for the Buildfile in it, `-` for standard input [default: the nearest Buildfile]
        paths: Vec<PathBuf>,
    },
    /// Write a first Buildfile into this directory, one that suits the project
    Init {
        /// What kind of project it is [default: what its files tell]
        #[arg(long, value_name = "KIND")]
        template: Option<Template>,
    },
    /// List the targets of the Buildfile
    Ls {
        /// The directory of another Buildfile
        path: Option<PathBuf>,
        /// Their arguments too
        #[arg(short, long)]
        args: bool,
        /// Whole comments, not their first lines
        #[arg(short, long)]
        long: bool,
    },
    /// Print the manual page, for `man -l -`; of a command with its name
    Man {
        /// A command of rbuild
        #[arg(value_name = "COMMAND")]
        page: Option<String>,
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
