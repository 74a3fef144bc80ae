//! What can be set: the options that are not one command's own, as the command line declares them.

use clap::{Arg, ArgAction, Command};

/// Options that belong to one call, or that say where settings are: they are no keys of settings files.
const NO_KEYS: &[&str] = &["artifact", "config", "env-file-path", "file", "image"];

/// Whether an argument is an option that is not one command's own: these stand below headings.
#[must_use]
pub fn is_option(arg: &Arg) -> bool {
    arg.get_help_heading().is_some() && arg.get_long().is_some()
}

/// The options that are not one command's own.
pub fn options(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| is_option(arg))
}

/// The long name of an option.
#[must_use]
pub fn long(arg: &Arg) -> &str {
    arg.get_long().expect("options have long names")
}

/// Whether a settings file can give this option.
#[must_use]
pub fn is_key(arg: &Arg) -> bool {
    !NO_KEYS.contains(&long(arg))
}

/// The options that settings files can give, sorted by name.
#[must_use]
pub fn keys(command: &Command) -> Vec<&Arg> {
    let mut keys: Vec<&Arg> = options(command).filter(|arg| is_key(arg)).collect();
    keys.sort_by_key(|arg| long(arg));
    keys
}

/// Options that are on or off. Those that say what a call is about are none of them.
pub fn switches(command: &Command) -> impl Iterator<Item = &Arg> {
    options(command).filter(|arg| Shape::of(arg) == Shape::Switch && is_key(arg))
}

/// Options that may be typed without a value. Those that say what a call is about are none of them.
pub fn standalone(command: &Command) -> impl Iterator<Item = &Arg> {
    let may_stand_alone = |arg: &&Arg| {
        Shape::of(arg) == Shape::Switch || arg.get_num_args().is_some_and(|number| number.min_values() == 0)
    };
    options(command).filter(may_stand_alone).filter(|arg| is_key(arg))
}

/// What a value looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// True or false.
    Switch,
    /// Several texts.
    List,
    /// A number, or a word in its place.
    Number,
    /// One of these.
    Choice(Vec<String>),
    /// A text.
    Text,
}

impl Shape {
    /// The shape of an option's value.
    #[must_use]
    pub fn of(arg: &Arg) -> Self {
        if !arg.get_action().takes_values() {
            return Self::Switch;
        }
        if matches!(arg.get_action(), ArgAction::Append) {
            return Self::List;
        }
        let choices: Vec<String> = arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
        if !choices.is_empty() {
            return Self::Choice(choices);
        }
        match arg.get_value_names() {
            Some([name]) if *name == "N" => Self::Number,
            _ => Self::Text,
        }
    }
}
