//! Options of every command.

use super::caches::Caches;
use super::input::Input;
use super::machine::Machine;
use super::output::Output;
use super::reports::Reports;
use super::repositories::Repositories;
use super::running::Running;
use clap::builder::FalseyValueParser;
use clap::{Arg, ArgAction, Args};

/// Options of every command.
#[derive(Debug, Clone, Default, Args)]
#[command(mut_args(everywhere))]
pub struct Options {
    /// How steps run.
    #[command(flatten)]
    pub running: Running,
    /// What is written and shown.
    #[command(flatten)]
    pub output: Output,
    /// What is told of a build that is over.
    #[command(flatten)]
    pub reports: Reports,
    /// What is built, and from what.
    #[command(flatten)]
    pub input: Input,
    /// Caches in registries.
    #[command(flatten)]
    pub caches: Caches,
    /// How repositories of others are reached.
    #[command(flatten)]
    pub repositories: Repositories,
    /// The engine, and what is kept on this machine.
    #[command(flatten)]
    pub machine: Machine,
}

/// What all of these have in common: they may stand before and behind the name of a command; a switch's variable may say no; and the
/// values of variables, which may be secret, are never shown. `-a` is for building only: it is `--args` of `rbuild ls`.
fn everywhere(arg: Arg) -> Arg {
    // It stands in front of these, and is seen here as well. Commands have no version of their own.
    if matches!(arg.get_action(), ArgAction::Version) {
        return arg;
    }
    let is_everywhere = arg.get_short() != Some('a');
    let arg = arg.global(is_everywhere).hide_env_values(true);
    if arg.get_action().takes_values() { arg } else { arg.value_parser(FalseyValueParser::new()) }
}
