//! `rbuild -h`: one screen.

use crate::cli::settings::is_option;
use clap::{Arg, Command};

/// What the short help shows of the options, in a few words each. The rest is in the whole help.
const SHORT: &[(&str, &str)] = &[
    ("max-parallelism", "Run at most N steps at the same time"),
    ("allow-privileged", "Let steps run privileged, and `WITH DOCKER`"),
    ("no-cache", "Run every step, whatever is cached"),
    ("interactive", "Open a shell where a step fails"),
    ("push", "Push images, and run `RUN --push`"),
    ("ci", "For CI: no output here, but pushes"),
    ("progress", "auto, fancy, plain or json"),
    ("file", "Read another Buildfile"),
    ("secret", "Give a secret; without a value, a variable's"),
    ("platform", "Build for another platform"),
];

const ABOUT: &str = "Repeatable container builds on the Docker Engine that you already have";

const EXAMPLES: &str = "\
Examples:
  rbuild +test                  build the target `test` of the nearest Buildfile
  rbuild +image --tag=v2        with an argument for the target
  rbuild +build/app ./app       write one artifact here
  rbuild plan +all              show what would be done, and do nothing
All options: rbuild --help. Of a command: rbuild plan --help.";

/// The command, which is built, for its short help. A command of its own shows there what it alone has.
pub fn short_help(command: Command) -> Command {
    let command = command.about(ABOUT).after_help(EXAMPLES).mut_args(|arg| match text(&arg) {
        Some(text) => {
            let takes_value = arg.get_action().takes_values();
            let arg = arg.help(text).help_heading(None);
            if takes_value { arg.hide_default_value(true).hide_possible_values(true) } else { arg }
        }
        None => {
            let is_left_out = arg.is_positional() || is_option(&arg);
            arg.hide_short_help(is_left_out)
        }
    });
    command.mut_subcommands(|subcommand| {
        let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
        let about = about.split([';', ',', ':']).next().unwrap_or_default().to_owned();
        let more = format!("All options: rbuild {} --help", subcommand.get_name());
        let after = subcommand.get_after_help().map_or(more.clone(), |examples| format!("{examples}\n{more}"));
        let subcommand = subcommand.mut_args(|arg| {
            let is_common = is_option(&arg);
            arg.hide_short_help(is_common)
        });
        subcommand.about(about).after_help(after)
    })
}

fn text(arg: &Arg) -> Option<&'static str> {
    SHORT.iter().find(|(long, _)| arg.get_long() == Some(*long)).map(|(_, text)| *text)
}
