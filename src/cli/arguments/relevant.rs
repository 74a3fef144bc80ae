//! Which options do something with which command. The others are not in its help, and typing one is an error: somebody wants it to
//! have an effect. What the environment and settings files give is for whatever command it serves.

use crate::cli::settings::{Misuse, Settled, Value, is_option, long};
use clap::{ArgMatches, Command};

/// These do something with every command: they say where settings are, and how messages look.
const ALWAYS: &[&str] = &["color", "config", "debug", "env-file-path", "github-annotations", "progress"];
/// With what reads Buildfiles of this machine.
const READING: &[&str] = &["file", "version-flag-overrides"];
/// With what looks after what is kept.
const KEPT: &[&str] = &["cache-dir", "cache-namespace", "docker-host", "dockerd-image", "unsafe-locks"];
const DOCTOR: &[&str] = &["cache-dir", "docker-host", "file", "ssh-auth-sock", "unsafe-locks"];
/// With `rbuild plan`, which evaluates without an engine: what says what is built, and how repositories of others are reached. Who may
/// run privileged need not ask whether anything runs.
const PLANNING: &[&str] = &[
    "allow-privileged",
    "arg-file-path",
    "build-arg",
    "cache-dir",
    "cache-namespace",
    "ci",
    "file",
    "git-password",
    "git-username",
    "lock-timeout",
    "no-cache",
    "platform",
    "push",
    "ssh-auth-sock",
    "strict",
    "unsafe-locks",
    "version-flag-overrides",
];
/// Without what writes no output.
const OUTPUT: &[&str] = &[
    "artifact",
    "auto-skip",
    "auto-skip-db-path",
    "image",
    "interactive",
    "max-remote-cache",
    "no-auto-skip",
    "no-output",
    "output",
    "save-inline-cache",
];

/// Options that do something with a command, beside those that always do.
enum Relevant {
    These(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

impl Relevant {
    fn to(command: &str) -> Self {
        match command {
            "cache" | "prune" => Self::These(KEPT),
            "check" | "doc" | "ls" => Self::These(READING),
            "completions" | "init" | "man" => Self::These(&[]),
            "config" | "fmt" => Self::These(&["file"]),
            "doctor" => Self::These(DOCTOR),
            "locks" => Self::These(&["cache-dir"]),
            "plan" | "shell" => Self::AllBut(OUTPUT),
            _ => Self::AllBut(&[]),
        }
    }

    fn has(&self, long: &str) -> bool {
        match self {
            Self::These(these) => ALWAYS.contains(&long) || these.contains(&long),
            Self::AllBut(but) => !but.contains(&long),
        }
    }
}

/// The command line, built, whose commands show in their help the options that do something with them.
pub fn for_help(mut command: Command) -> Command {
    command.build();
    command.mut_subcommands(|subcommand| {
        let relevant = Relevant::to(subcommand.get_name());
        subcommand.mut_args(|arg| {
            let is_shown = !is_option(&arg) || relevant.has(long(&arg));
            if is_shown { arg } else { arg.hide(true) }
        })
    })
}

/// What is wrong with what was typed: an option that does nothing with this command.
pub fn objection(command: &str, matches: &ArgMatches, settled: &Settled) -> Option<Misuse> {
    // It shows all options, and where they are from.
    if command == "config" {
        return None;
    }
    let relevant = Relevant::to(command);
    if let Some(without) = settled.typed().find(|long| !relevant.has(long)) {
        let help = format!("leave it out; `rbuild {command} --help` shows the options that have one");
        return Some(Misuse::new(format!("`--{without}` has no effect on `rbuild {command}`"), help));
    }
    let planning = Relevant::These(PLANNING);
    if command == "plan" && !matches.get_flag("evaluate") {
        let without = settled.typed().find(|long| !planning.has(long))?;
        let message = format!("`--{without}` has no effect on `rbuild plan` without `--evaluate`");
        return Some(Misuse::new(message, "leave it out, or type `--evaluate` as well"));
    }
    None
}

/// An option that was typed, and does nothing where no target is, since `rbuild` alone lists them: `--push`, `--secret …`.
pub fn needs_target(settled: &Settled) -> Option<String> {
    let relevant = Relevant::to("ls");
    let long = settled.typed().find(|long| !relevant.has(long))?;
    let is_switch = matches!(settled.layer.get(long)?.value, Value::Switch(_));
    Some(if is_switch { format!("--{long}") } else { format!("--{long} …") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use clap::CommandFactory;

    #[test]
    fn what_is_relevant_exists() {
        let command = Arguments::command();
        let known: Vec<&str> = command.get_arguments().filter(|arg| is_option(arg)).map(long).collect();
        let named = [ALWAYS, READING, KEPT, DOCTOR, PLANNING, OUTPUT].concat();
        let strange: Vec<_> = named.iter().filter(|name| !known.contains(name)).collect();
        assert!(strange.is_empty(), "{strange:?}");
    }

    #[test]
    fn help_shows_what_has_an_effect() {
        let command = for_help(Arguments::command());
        for (name, shown, hidden) in [
            ("ls", &["args", "file", "progress"][..], &["push", "max-parallelism", "docker-host", "artifact"][..]),
            ("fmt", &["check", "file"], &["push", "version-flag-overrides"]),
            ("prune", &["age", "docker-host"], &["max-parallelism", "file"]),
            ("init", &["template", "color"], &["file", "secret"]),
            (
                "plan",
                &["evaluate", "platform", "push", "cache-from"],
                &["no-output", "interactive", "save-inline-cache"],
            ),
            ("shell", &["secret", "push"], &["output", "image"]),
        ] {
            let subcommand = command.find_subcommand(name).unwrap();
            let is_shown = |long: &&&str| {
                subcommand.get_arguments().any(|arg| arg.get_long() == Some(**long) && !arg.is_hide_set())
            };
            assert_eq!(shown.iter().filter(is_shown).count(), shown.len(), "{name} shows {shown:?}");
            assert_eq!(hidden.iter().filter(is_shown).collect::<Vec<_>>(), Vec::<&&str>::new(), "{name}");
        }
    }
}
