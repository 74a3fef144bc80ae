//! The parts of docs/cli.md that are made from the definition of the command line.

use clap::{Arg, Command, CommandFactory as _};
use rbuild::cli::Arguments;
use std::fmt::Write as _;

/// The parts, by the names in their marks: `<!-- begin options -->`, `<!-- end options -->`.
pub fn parts() -> Vec<(&'static str, String)> {
    let mut command = Arguments::command();
    command.build();
    vec![("options", options(&command)), ("commands", commands(&command)), ("keys", keys(&command))]
}

/// Puts the parts between their marks.
pub fn filled(text: &str) -> String {
    let mut text = text.to_owned();
    for (name, part) in parts() {
        let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
        let (above, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("`{begin}` is not there"));
        let (_, below) = rest.split_once(&end).unwrap_or_else(|| panic!("`{end}` is not there"));
        text = format!("{above}{begin}\n{part}\n{end}{below}");
    }
    text
}

fn options(command: &Command) -> String {
    let mut headings: Vec<&str> = command.get_arguments().filter_map(Arg::get_help_heading).collect();
    headings.dedup();
    let mut text = String::new();
    for heading in headings.into_iter().map(Some).chain([None]) {
        writeln!(text, "### {}\n", heading.unwrap_or("Others")).unwrap();
        writeln!(text, "| Option | Meaning | Default | Variables |\n|---|---|---|---|").unwrap();
        let of_heading = command.get_arguments().filter(|arg| arg.get_help_heading() == heading && is_shown(arg));
        for arg in of_heading {
            let variables: Vec<String> =
                Arguments::option(arg).variables.iter().map(|name| format!("`{name}`")).collect();
            let (meaning, default) = meaning(arg);
            let row = format!("| `{}` | {meaning} | {default} | {}", name(arg), variables.join(", "));
            writeln!(text, "{} |", row.trim_end()).unwrap();
        }
        text.push('\n');
    }
    text
}

fn commands(command: &Command) -> String {
    let mut text = String::new();
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        let own = |arg: &&Arg| is_shown(arg) && !arg.is_global_set() && arg.get_long() != Some("help");
        let options: Vec<&Arg> = subcommand.get_arguments().filter(own).collect();
        if subcommand.get_name() == "help" {
            continue;
        }
        writeln!(text, "### rbuild {}\n", subcommand.get_name()).unwrap();
        let about = subcommand.get_long_about().or(subcommand.get_about()).map(ToString::to_string).unwrap_or_default();
        writeln!(text, "{}.\n", about.replace('\n', " ").replace("  ", ". ").trim_end_matches('.')).unwrap();
        if !options.is_empty() {
            writeln!(text, "| Option | Meaning | Default |\n|---|---|---|").unwrap();
            for arg in options {
                let (meaning, default) = meaning(arg);
                writeln!(text, "{} |", format!("| `{}` | {meaning} | {default}", name(arg)).trim_end()).unwrap();
            }
            text.push('\n');
        }
        if let Some(examples) = subcommand.get_after_help() {
            let examples = examples.to_string();
            let lines = examples.lines().skip(1).map(|line| line.trim_start().replace("  ", "\u{0}"));
            let lines = lines.map(|line| match line.split_once('\u{0}') {
                Some((typed, why)) => format!("{typed:40} # {}", why.replace('\u{0}', "").trim()),
                None => line,
            });
            writeln!(text, "```sh\n{}\n```\n", lines.collect::<Vec<_>>().join("\n")).unwrap();
        }
    }
    text
}

fn keys(command: &Command) -> String {
    let list = |wanted: &dyn Fn(&Arg) -> bool| {
        let mut names: Vec<String> = command
            .get_arguments()
            .filter(|arg| arg.get_help_heading().is_some() && wanted(arg))
            .filter_map(|arg| Some(format!("`{}`", arg.get_long()?)))
            .collect();
        names.sort();
        names.join(", ")
    };
    let none = list(&|arg| !Arguments::option(arg).is_setting);
    let projects = list(&|arg| Arguments::option(arg).may_be_set_by_projects);
    format!("- No keys, since they belong to one call: {none}.\n- What a project's file may set: {projects}.\n")
}

fn is_shown(arg: &Arg) -> bool {
    arg.get_long().is_some() && !arg.is_hide_set()
}

/// `-j, --max-parallelism N`
pub fn name(arg: &Arg) -> String {
    let short = arg.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
    let optional = arg.get_num_args().is_some_and(|number| number.min_values() == 0);
    let value = match arg.get_value_names().filter(|_| arg.get_action().takes_values()) {
        Some(names) if optional => format!("[={}]", names[0]),
        Some(names) => format!(" {}", names[0]),
        None => String::new(),
    };
    format!("{short}--{}{value}", arg.get_long().unwrap())
}

/// The help of an option, as a sentence or two, and its default.
fn meaning(arg: &Arg) -> (String, String) {
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let (before, rest) = help.split_once(" [default: ").unwrap_or((&help, "]"));
    let (default, after) = rest.split_once(']').unwrap();
    let mut text = before.to_owned();
    for paragraph in after.split("\n\n").chain(before.split("\n\n").skip(1)).filter(|text| !text.trim().is_empty()) {
        text = text.split("\n\n").next().unwrap().to_owned();
        text = format!("{}. {}", text.trim_end_matches('.'), paragraph.trim());
    }
    let choices: Vec<String> =
        arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if arg.get_action().takes_values() && !choices.is_empty() {
        text = format!("{}: {}", text.trim_end_matches('.'), choices.join(", "));
    }
    let declared = arg.get_default_values().first().filter(|_| arg.get_action().takes_values());
    let default = declared.map_or(default.to_owned(), |value| format!("`{}`", value.to_string_lossy()));
    (format!("{}.", text.replace('\n', " ").trim_end_matches('.')), default)
}
