//! The whole command line.

use super::command::Command;
use super::options::Options;
use super::words::separated;
use crate::cli::dotfiles::Dotfile;
use crate::cli::variables;
use crate::syntax::suggest;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser};

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
            .read(first.options.input.env_file_path.as_ref())
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
