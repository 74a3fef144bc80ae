//! The whole command line.

use super::command::Command;
use super::misread::Misread;
use super::options::Options;
use super::relevant::{for_help, objection};
use super::short_help::short_help;
use super::words::{self, Words};
use crate::cli::settings::{self, Settled};
use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser};

const EXAMPLES: &str = "\
Examples:
  rbuild +test                         build the target `test` of the nearest Buildfile
  rbuild +image --tag=v2               with an argument for the target
  rbuild -j 2 +lint +test              two targets, at most two steps at a time
  rbuild +build/app ./app              write one artifact here
  rbuild --push +image                 push what `SAVE IMAGE --push` names
  rbuild shell +build                  a shell in the state that a target makes
  rbuild plan +all                     show what would be done, and do nothing
  rbuild locks                         show who holds locks, and who waits for them

Arguments behind a target belong to that target; rbuild's own options go before it.";

const USAGE: &str = "\
rbuild [OPTIONS] +TARGET [--ARG=VALUE …] …
       rbuild [OPTIONS] [COMMAND]";

/// Repeatable container builds from a readable Buildfile, on the Docker Engine that you already have.
#[derive(Debug, Parser)]
#[command(name = "rbuild", version, disable_version_flag = true, override_usage = USAGE, after_help = EXAMPLES, subcommand_precedence_over_arg = true)]
#[expect(clippy::manual_non_exhaustive, reason = "the switch for the version has no value")]
pub struct Arguments {
    /// Print the version
    #[arg(long, action = ArgAction::Version)]
    version: (),
    /// Options of every command.
    #[command(flatten)]
    pub options: Options,
    /// Another command than building.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Targets, each followed by its arguments: `+build --version=2 +test`; or an artifact and where to put it: `+build/app ./app`
    #[arg(
        value_name = "+TARGET [--ARG=VALUE…]",
        trailing_var_arg = true,
        allow_hyphen_values = true,
        hide_short_help = true
    )]
    pub words: Vec<String>,
    /// Where the options are from.
    #[arg(skip)]
    pub settled: Settled,
}

impl Arguments {
    /// Reads the command line, the environment, `.env` and the settings files, of which the first that gives an option counts.
    ///
    /// # Errors
    /// What is wrong; help and version included.
    pub fn read() -> Result<Self, Misread> {
        let declared = Self::command();
        let Words { mut words, off, notes } = words::read(std::env::args_os(), &declared);
        let bare = declared.clone().mut_args(|arg| arg.env(None::<&str>));
        let matches = bare.clone().try_get_matches_from(&words).map_err(|error| match error.kind() {
            // The whole help names the variables as well; the short one is made by hand.
            ErrorKind::DisplayHelp => {
                let is_short = words.iter().any(|word| word == "-h");
                let command = if is_short { short_help(for_help(bare.clone())) } else { for_help(declared.clone()) };
                command.try_get_matches_from(&words).err().unwrap_or(error)
            }
            _ => error,
        })?;
        let mut settled = settings::settle(&declared, &matches, &off)?;
        settled.notes.splice(0..0, notes);
        if let Some(misuse) = matches.subcommand().and_then(|(name, its)| objection(name, its, &settled)) {
            return Err(misuse.into());
        }
        words.splice(1..1, settled.words());
        let arguments = Self::from_arg_matches(&bare.try_get_matches_from(&words)?)?;
        Ok(Self { settled, ..arguments })
    }

    /// What the reference of the command line tells of an option beside what clap knows.
    #[must_use]
    pub fn option(option: &clap::Arg) -> OptionFacts {
        let is_setting = settings::is_option(option) && settings::is_key(option);
        OptionFacts {
            variables: settings::names(option).into_iter().map(str::to_owned).collect(),
            is_setting,
            may_be_set_by_projects: is_setting && settings::may_set(settings::long(option)),
        }
    }

    /// The JSON schema of settings files.
    #[must_use]
    pub fn schema() -> String {
        settings::schema(&Self::command())
    }
}

/// Facts about an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionFacts {
    /// Its variables, of which the first that is set counts.
    pub variables: Vec<String>,
    /// Whether settings files can give it.
    pub is_setting: bool,
    /// Whether a project's settings file can.
    pub may_be_set_by_projects: bool,
}
