//! What can be typed.

use super::dotfiles::Dotfile;
use super::{duration, size, variables};
use crate::analysis::features::Feature;
use crate::image_name::ImageName;
use crate::run::inventory::DEFAULT_NAMESPACE;
use crate::syntax::suggest;
use clap::builder::FalseyValueParser;
use clap::error::ErrorKind;
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  rbuild +test                         build the target `test` of the nearest Buildfile
  rbuild +image --tag=v2               with an argument for the target
  rbuild -j 2 +lint +test              two targets, at most two steps at a time
  rbuild +build/app ./app              write one artifact here
  rbuild --push +image                 push what `SAVE IMAGE --push` names
  rbuild plan +all                     show what would be done, and do nothing
  rbuild locks                         show who holds locks, and who waits for them

Arguments behind a target belong to that target; rbuild's own options go before it.";

/// Repeatable container builds from a readable Buildfile, on the Docker Engine that you already have.
#[derive(Debug, Parser)]
#[command(name = "rbuild", version, after_help = EXAMPLES, subcommand_precedence_over_arg = true)]
pub struct Arguments {
    /// Options of every command.
    #[command(flatten)]
    pub options: Options,
    /// Another command than building.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Targets, each followed by its arguments: `+build --version=2 +test`; or an artifact and where to put it: `+build/app ./app`
    #[arg(value_name = "+TARGET [--ARG=VALUE…]", trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<String>,
    /// What was found while reading, and the user should know.
    #[arg(skip)]
    pub notes: Vec<String>,
}

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

/// Options of `rbuild prune`.
#[derive(Debug, Clone, Copy, Args)]
pub struct Prune {
    /// The engine's whole build cache as well, which it shares with `docker build`; and, without --age and --size, everything
    #[arg(long)]
    pub all: bool,
    /// Remove what was not used for this long, for example 24h or 7d [default: 7d, unless there is --size or --all]
    #[arg(long, value_name = "TIME", value_parser = duration::age)]
    pub age: Option<Duration>,
    /// Remove the oldest until the rest takes no more than this, for example 10GB or 512MiB
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub size: Option<u64>,
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Takes `-j4` apart into `-j 4`: clap would take it for a word, since words behind a target may begin with `-`.
fn separated(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let (mut all, mut options) = (Vec::new(), true);
    for word in words {
        let text = word.to_str().unwrap_or("");
        options &= !text.contains('+');
        let attached = |name: &&str| options && text.len() > name.len() && text.starts_with(*name);
        match ["-j", "-f", "-s"].into_iter().find(attached) {
            Some(name) => all.extend([OsString::from(name), OsString::from(&text[name.len()..])]),
            None => all.push(word),
        }
    }
    all
}

fn feature(text: &str) -> Result<Feature, String> {
    let named = |text: &str| Feature::from_flag(text.trim());
    named(text).ok_or_else(|| match suggest::nearest(text, Feature::ALL.iter().map(|feature| feature.flag())) {
        Some(near) => format!("there is no such feature; did you mean `{near}`?"),
        None => "there is no such feature".to_owned(),
    })
}

fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "give a number, at least 1".to_owned())
}

fn parallelism(text: &str) -> Result<Parallelism, String> {
    match text {
        "auto" => Ok(Parallelism::Auto),
        _ => {
            text.parse().map(Parallelism::Steps).map_err(|_| "give a number of steps, at least 1, or `auto`".to_owned())
        }
    }
}

/// How many steps run at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parallelism {
    /// As many as the engine has processors, and memory is there for.
    Auto,
    /// So many.
    Steps(NonZeroUsize),
}

fn image_name(text: &str) -> Result<String, String> {
    ImageName::parse(text).map(|_| text.to_owned()).map_err(|error| error.fault.to_string())
}

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

/// Formats of `rbuild plan`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum PlanFormat {
    /// For people
    #[default]
    Text,
    /// For Graphviz
    Dot,
    /// For programs
    Json,
}

/// Formats of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ListFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Progress {
    /// Live lines on a terminal, plain lines elsewhere and in CI
    #[default]
    Auto,
    /// Live lines
    Fancy,
    /// One line for each thing that happens
    Plain,
    /// One JSON object a line
    Json,
}

/// Options of every command.
#[derive(Debug, Clone, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that users type")]
pub struct Options {
    /// Run at most N steps at the same time; `auto`: fewer while memory is short [default: the engine's processors, at least 2]
    #[arg(
        short = 'j',
        long,
        value_name = "N", value_parser = parallelism,
        env = "RBUILD_MAX_PARALLELISM",
        hide_env_values = true,
        global = true,
        help_heading = "Running"
    )]
    pub max_parallelism: Option<Parallelism>,
    /// Let all rbuild processes that share the cache directory run at most N steps at the same time [default: nobody counts]
    #[arg(long, value_name = "N", value_parser = at_least_one, env = "RBUILD_HOST_PARALLELISM", hide_env_values = true, global = true, help_heading = "Running")]
    pub host_parallelism: Option<NonZeroUsize>,
    /// Keep at most N directories for the daemons of WITH DOCKER steps with the same `--cache-id`: so many run at the same time [default: 2]
    #[arg(long, value_name = "N", value_parser = at_least_one, env = "RBUILD_DOCKER_CACHE_ROOTS", hide_env_values = true, global = true, help_heading = "Running")]
    pub docker_cache_roots: Option<NonZeroUsize>,
    /// Where the data of these daemons is kept: in volumes of the engine, or below the cache directory
    #[arg(
        long,
        value_enum,
        value_name = "PLACE",
        env = "RBUILD_DOCKER_CACHE_IN",
        hide_env_values = true,
        default_value_t,
        global = true,
        help_heading = "Running"
    )]
    pub docker_cache_in: DockerCacheIn,
    /// Let steps run privileged: `WITH DOCKER`, `RUN --privileged`
    #[arg(short = 'P', long, value_parser = FalseyValueParser::new(), env = "RBUILD_ALLOW_PRIVILEGED", hide_env_values = true, global = true, help_heading = "Running")]
    pub allow_privileged: bool,
    /// After a failure, go on with what does not need the result
    #[arg(short = 'k', long, global = true, help_heading = "Running")]
    pub keep_going: bool,
    /// Run every step, whatever the engine has cached
    #[arg(long, value_parser = FalseyValueParser::new(), env = "RBUILD_NO_CACHE", hide_env_values = true, global = true, help_heading = "Running")]
    pub no_cache: bool,
    /// Give up when a lock is not free after this time, for example 5m [default: wait]
    #[arg(long, value_name = "TIME", value_parser = duration::parse, env = "RBUILD_LOCK_TIMEOUT", hide_env_values = true, global = true, help_heading = "Running")]
    pub lock_timeout: Option<Duration>,

    /// Push images that are saved with `--push`, and run `RUN --push` steps
    #[arg(long, value_parser = FalseyValueParser::new(), env = "RBUILD_PUSH", hide_env_values = true, global = true, help_heading = "Output")]
    pub push: bool,
    /// Write no images and no files
    #[arg(long, value_parser = FalseyValueParser::new(), env = "RBUILD_NO_OUTPUT", hide_env_values = true, global = true, help_heading = "Output")]
    pub no_output: bool,
    /// For CI: no output on this machine (pushes happen), and `RBUILD_CI` is true
    #[arg(long, value_parser = FalseyValueParser::new(), env = "RBUILD_CI", hide_env_values = true, global = true, help_heading = "Output")]
    pub ci: bool,
    /// Refuse `LOCALLY`, which runs commands on this machine; implied by `--ci`
    #[arg(long, value_parser = FalseyValueParser::new(), env = "RBUILD_STRICT", hide_env_values = true, global = true, help_heading = "Running")]
    pub strict: bool,
    /// Write output in spite of `--ci`
    #[arg(long, value_parser = FalseyValueParser::new(), env = "RBUILD_OUTPUT", hide_env_values = true, global = true, conflicts_with = "no_output", help_heading = "Output")]
    pub output: bool,
    /// Write only artifacts that are named: `--artifact +build/app ./app`; also with `--ci`
    #[arg(short, long, global = true, conflicts_with_all = ["image", "no_output"], help_heading = "Output")]
    pub artifact: bool,
    /// Write only images, no files; also with `--ci`
    #[arg(long, global = true, conflicts_with = "no_output", help_heading = "Output")]
    pub image: bool,
    /// How to show progress
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        env = "RBUILD_PROGRESS",
        hide_env_values = true,
        default_value_t,
        global = true,
        help_heading = "Output"
    )]
    pub progress: Progress,

    /// Read this Buildfile instead of the nearest one
    #[arg(short, long, value_name = "PATH", global = true, help_heading = "Input")]
    pub file: Option<PathBuf>,
    /// A build argument for all targets; without a value, from the environment
    #[arg(long, value_name = "NAME[=VALUE]", action = ArgAction::Append, global = true, help_heading = "Input")]
    pub build_arg: Vec<String>,
    /// A secret; without a value, from the environment
    #[arg(short, long, value_name = "NAME[=VALUE]", action = ArgAction::Append, global = true, help_heading = "Input")]
    pub secret: Vec<String>,
    /// A secret that is the content of a file
    #[arg(long, value_name = "NAME=PATH", action = ArgAction::Append, global = true, help_heading = "Input")]
    pub secret_file: Vec<String>,
    /// The file with build arguments [default: .arg, if it is there]
    #[arg(
        long,
        value_name = "PATH",
        env = "RBUILD_ARG_FILE_PATH",
        hide_env_values = true,
        global = true,
        help_heading = "Input"
    )]
    pub arg_file_path: Option<PathBuf>,
    /// The file with secrets [default: .secret, if it is there]
    #[arg(
        long,
        value_name = "PATH",
        env = "RBUILD_SECRET_FILE_PATH",
        hide_env_values = true,
        global = true,
        help_heading = "Input"
    )]
    pub secret_file_path: Option<PathBuf>,
    /// The file with variables that give options [default: .env, if it is there]
    #[arg(
        long,
        value_name = "PATH",
        env = "RBUILD_ENV_FILE_PATH",
        hide_env_values = true,
        global = true,
        help_heading = "Input"
    )]
    pub env_file_path: Option<PathBuf>,
    /// Turn features of the language on in every file, as on the VERSION line
    #[arg(long, value_name = "FEATURES", value_parser = feature, value_delimiter = ',', env = "RBUILD_VERSION_FLAG_OVERRIDES", hide_env_values = true, global = true, help_heading = "Input")]
    pub version_flag_overrides: Vec<Feature>,
    /// Ask the registry for every image, whatever the engine has in its store
    #[arg(long, value_parser = FalseyValueParser::new(), env = "RBUILD_PULL", hide_env_values = true, global = true, help_heading = "Input")]
    pub pull: bool,
    /// The platform to build for [default: the engine's]
    #[arg(
        long,
        value_name = "OS/ARCH",
        env = "RBUILD_PLATFORM",
        hide_env_values = true,
        global = true,
        help_heading = "Input"
    )]
    pub platform: Option<String>,

    /// The user name for git servers, with `--git-password`
    #[arg(
        long,
        value_name = "NAME",
        env = "GIT_USERNAME",
        hide_env_values = true,
        global = true,
        help_heading = "Input"
    )]
    pub git_username: Option<String>,
    /// The password or token for git servers that this machine's own files name
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "GIT_PASSWORD",
        hide_env_values = true,
        global = true,
        help_heading = "Input"
    )]
    pub git_password: Option<String>,
    /// The socket of the ssh agent, for git and for `RUN --ssh` [default: `SSH_AUTH_SOCK`]
    #[arg(
        long,
        value_name = "PATH",
        env = "RBUILD_SSH_AUTH_SOCK",
        hide_env_values = true,
        global = true,
        help_heading = "Input"
    )]
    pub ssh_auth_sock: Option<PathBuf>,

    /// The engine: unix:///path/to/docker.sock, tcp://host:port or ssh://user@host
    #[arg(
        long,
        value_name = "URL",
        env = "DOCKER_HOST",
        hide_env_values = true,
        global = true,
        help_heading = "Machine"
    )]
    pub docker_host: Option<String>,
    /// The image that gives a Docker daemon to `WITH DOCKER` steps whose own image has none
    #[arg(
        long,
        value_name = "IMAGE",
        value_parser = image_name,
        env = "RBUILD_DOCKERD_IMAGE",
        hide_env_values = true,
        default_value = "docker.io/library/docker:28-dind",
        global = true,
        help_heading = "Machine"
    )]
    pub dockerd_image: String,
    /// Where locks and records are kept [default: ~/.cache/rbuild]
    #[arg(
        long,
        value_name = "DIR",
        env = "RBUILD_CACHE_DIR",
        hide_env_values = true,
        global = true,
        help_heading = "Machine"
    )]
    pub cache_dir: Option<PathBuf>,
    /// Prefix of the names of cache directories in the engine
    #[arg(
        long,
        value_name = "NAME",
        env = "RBUILD_CACHE_NS",
        hide_env_values = true,
        default_value = DEFAULT_NAMESPACE,
        global = true,
        help_heading = "Machine"
    )]
    pub cache_namespace: String,
    /// Trust locks on the cache directory's file system, although they may not hold
    #[arg(long, global = true, help_heading = "Machine")]
    pub unsafe_locks: bool,
}

impl Arguments {
    /// Reads the command line, the environment and `.env`, of which the first that gives an option counts. A variable that is set to
    /// nothing counts as not set; the older name of one counts where the newer is not set.
    ///
    /// # Errors
    /// What clap has to say, help and version included.
    pub fn read() -> Result<Self, clap::Error> {
        let mut words = separated(std::env::args_os());
        let command = variables::with_environment(Self::command());
        let matches = command.clone().try_get_matches_from(&words)?;
        let first = Self::from_arg_matches(&matches)?;
        let file = Dotfile::Env
            .read(first.options.env_file_path.as_ref())
            .map_err(|(message, _)| Self::command().error(ErrorKind::Io, message))?;
        let more = variables::more(&Self::command(), &matches, &file);
        if more.words.is_empty() {
            return Ok(Self { notes: more.notes, ..first });
        }
        words.splice(1..1, more.words);
        let arguments = Self::from_arg_matches(&command.try_get_matches_from(&words)?)?;
        Ok(Self { notes: more.notes, ..arguments })
    }

    /// The option that was meant by one that does not exist.
    #[must_use]
    pub fn nearest_option(word: &str) -> Option<String> {
        let command = Self::command();
        let names: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
        suggest::nearest(word.trim_start_matches('-'), names).map(|name| format!("--{name}"))
    }
}

impl Options {
    /// Turns on the option that a word behind a target names, if it is one that takes no value. A target's own argument always has a
    /// value, so such a word can only mean the option: `rbuild +image --push`.
    pub fn take_flag(&mut self, word: &str) -> bool {
        let flag = match word {
            "--push" => &mut self.push,
            "--no-cache" => &mut self.no_cache,
            "--no-output" => &mut self.no_output,
            "--output" => &mut self.output,
            "--pull" => &mut self.pull,
            "--keep-going" | "-k" => &mut self.keep_going,
            "--ci" => &mut self.ci,
            "--strict" => &mut self.strict,
            "--allow-privileged" | "-P" => &mut self.allow_privileged,
            _ => return false,
        };
        *flag = true;
        true
    }
}
