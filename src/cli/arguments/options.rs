//! Options of every command.

use super::input::Input;
use super::machine::Machine;
use super::output::Output;
use super::repositories::Repositories;
use super::running::Running;
use clap::builder::FalseyValueParser;
use clap::{Arg, Args};

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
    /// What is built, and from what.
    #[command(flatten)]
    pub input: Input,
    /// How repositories of others are reached.
    #[command(flatten)]
    pub repositories: Repositories,
    /// The engine, and what is kept on this machine.
    #[command(flatten)]
    pub machine: Machine,
}

/// What all of these have in common: they may stand before and behind the name of a command; a switch's variable may say no; and the
/// values of variables, which may be secret, are never shown.
fn everywhere(arg: Arg) -> Arg {
    let arg = arg.global(true).hide_env_values(true);
    if arg.get_action().takes_values() { arg } else { arg.value_parser(FalseyValueParser::new()) }
}
