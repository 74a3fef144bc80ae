//! Other commands than building.

use super::config::Config;
use super::formats::{CheckFormat, ListFormat, PlanFormat};
use super::prune::Prune;
use crate::cli::complete::Shell;
use crate::cli::templates::Template;
use clap::{ArgAction, Subcommand};
use std::path::PathBuf;

const CACHE_EXAMPLES: &str = "\
Examples:
  rbuild cache                     what is kept, its size and its last use
  rbuild cache --format json       the same for programs";
const CHECK_EXAMPLES: &str = "\
Examples:
  rbuild check                     errors and trouble in the nearest Buildfile
  rbuild check --explain all       what is looked for
  rbuild check --deny warnings     for CI: fail where anything is found";
const CONFIG_EXAMPLES: &str = "\
Examples:
  rbuild config                             all settings, and where they are from
  rbuild config max-parallelism             one of them
  rbuild config max-parallelism 4           set it, for this user
  rbuild config --project platform linux/amd64
  rbuild config --delete max-parallelism";
const LOCKS_EXAMPLES: &str = "\
Example:
  rbuild locks                     who holds locks, and who waits";
const LS_EXAMPLES: &str = "\
Examples:
  rbuild ls                        targets of the nearest Buildfile
  rbuild ls ./api                  targets of the one in ./api";
const PLAN_EXAMPLES: &str = "\
Examples:
  rbuild plan +all                 what would be done
  rbuild plan --format dot +all | dot -Tsvg > plan.svg
  rbuild plan --evaluate +all      run the steps that decide how it goes on";
const PRUNE_EXAMPLES: &str = "\
Examples:
  rbuild prune --dry-run           what would be removed
  rbuild prune --age 24h           what nobody has used for a day
  rbuild prune --size 10GB         the oldest, until 10 GB are left";

const SHELL_EXAMPLES: &str = "\
Examples:
  rbuild shell +build                      a shell in the state at the end of a target
  rbuild shell +build -- ls -l             one command there
  rbuild --secret TOKEN shell +image       with a secret of its last RUN";
const COMPLETIONS_EXAMPLES: &str = "\
Example:
  rbuild completions fish > ~/.config/fish/completions/rbuild.fish";
const DOC_EXAMPLES: &str = "\
Examples:
  rbuild doc                       what the comments say about the targets
  rbuild doc +image                all about one: arguments, artifacts, images";
const DOCTOR_EXAMPLES: &str = "\
Example:
  rbuild doctor                    what builds can count on here";
const FMT_EXAMPLES: &str = "\
Examples:
  rbuild fmt                       format the nearest Buildfile
  rbuild fmt --check               for CI: show what would change";
const INIT_EXAMPLES: &str = "\
Examples:
  rbuild init                      for the kind of project that the files tell
  rbuild init go                   for a kind that you name";
const MAN_EXAMPLES: &str = "\
Examples:
  rbuild man | man -l -            read the manual
  rbuild man plan > rbuild-plan.1  write the page of a command";

/// Other commands, in the order in which a user meets them.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build targets, as without a command
    #[command(hide = true)]
    Build {
        /// Targets, each followed by its arguments
        #[arg(value_name = "+TARGET [--ARG=VALUE…]", trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Print what shells ask for while a command line is typed
    #[command(hide = true)]
    Complete {
        /// The words behind `rbuild`, the last one perhaps empty
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Write a first Buildfile into this directory, one that suits the project
    #[command(after_help = INIT_EXAMPLES)]
    Init {
        /// The kind of project, as `--template` takes it
        #[arg(value_name = "KIND", hide_possible_values = true, conflicts_with = "template")]
        kind: Option<Template>,
        /// What kind of project it is [default: what its files tell]
        #[arg(long, value_name = "KIND")]
        template: Option<Template>,
    },
    /// List the targets of the Buildfile
    #[command(after_help = LS_EXAMPLES)]
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
    /// Show what the comments of the Buildfile say about its targets, or all about one: `rbuild doc +test`
    #[command(after_help = DOC_EXAMPLES)]
    Doc {
        /// A target, or the directory of another Buildfile
        #[arg(value_name = "[DIR][+TARGET]")]
        target: Option<String>,
        /// All about every target that has a comment
        #[arg(short, long)]
        long: bool,
    },
    /// Show the build graph of targets; nothing is run
    ///
    /// No engine is needed, but for `--evaluate`.
    #[command(after_help = PLAN_EXAMPLES)]
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
    /// Open a shell in the state at a target's end, or in that of the step that fails on the way
    ///
    /// The shell has the directory, the variables and the caches of the target, and the mounts and secrets of its last RUN. What is changed
    /// there is lost, but in caches. Without a terminal, commands are read from standard input: `echo ls | rbuild shell +build`.
    /// Behind `--` stands a command that runs instead: `rbuild shell +build -- ls -l`; rbuild ends with its exit code.
    #[command(after_help = SHELL_EXAMPLES)]
    Shell {
        /// A target, with its arguments
        #[arg(
            value_name = "+TARGET [--ARG=VALUE…] [-- COMMAND…]",
            trailing_var_arg = true,
            allow_hyphen_values = true,
            required = true
        )]
        words: Vec<String>,
    },
    /// Look for trouble in Buildfiles and those that they name: errors, and what lints find
    #[command(after_help = CHECK_EXAMPLES)]
    Check {
        /// How to show it
        #[arg(long, value_enum, default_value_t)]
        format: CheckFormat,
        /// Take these for errors: a lint, or `warnings` for all; repeatable
        #[arg(long, value_name = "LINT", action = ArgAction::Append)]
        deny: Vec<String>,
        /// Tell what a lint is about; `all` lists them
        #[arg(long, value_name = "LINT", conflicts_with_all = ["format", "deny", "paths"])]
        explain: Option<String>,
        /// Files; a directory stands for the Buildfile in it [default: the nearest Buildfile]
        paths: Vec<PathBuf>,
    },
    /// Format Buildfiles: indentation, blank lines, long lines; comments and meaning stay
    #[command(after_help = FMT_EXAMPLES)]
    Fmt {
        /// Change nothing; show what would change, and fail where anything would
        #[arg(long)]
        check: bool,
        /// Files; a directory stands for the Buildfile in it, `-` for standard input [default: the nearest Buildfile]
        paths: Vec<PathBuf>,
    },
    /// Check this machine: engine, locks, disk, programs, and what they mean for builds
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor {
        /// How to show it
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Show who holds the locks of the cache directory, and who waits for them; takes none
    #[command(after_help = LOCKS_EXAMPLES)]
    Locks {
        /// How to show it
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// List what rbuild keeps in the engine and on this machine, with its size and last use
    #[command(after_help = CACHE_EXAMPLES)]
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
    #[command(after_help = PRUNE_EXAMPLES)]
    Prune(Prune),
    /// Show settings and where they are from, or change one
    ///
    /// Settings are options that need not be typed. The first of these that has one counts: the command line, the environment, `.env`,
    /// `.rbuild.toml` of the project, `config.toml` of the user (below $XDG_CONFIG_HOME/rbuild, else ~/.config/rbuild).
    #[command(after_help = CONFIG_EXAMPLES)]
    Config(Config),
    /// Print the script that teaches a shell to complete options, targets and their arguments
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, for `man -l -`; of a command with its name
    #[command(after_help = MAN_EXAMPLES)]
    Man {
        /// A command of rbuild
        #[arg(value_name = "COMMAND")]
        page: Option<String>,
    },
}
