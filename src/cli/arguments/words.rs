//! The words of the command line, as clap can read them.

use crate::cli::foreign;
use crate::cli::settings::{long, options, standalone, switches};
use clap::{Arg, Command};
use std::ffi::OsString;

/// Options whose value may stand in the same word: `-j4`.
const ATTACHED: [&str; 3] = ["-j", "-f", "-s"];

/// Words that clap can read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The words, the program's name first.
    pub words: Vec<OsString>,
    /// Switches that were typed with a no, by their long names: `--push=false`.
    pub off: Vec<String>,
    /// What to say about options of Earthfiles' users that were left out, once each.
    pub notes: Vec<String>,
}

/// Rewrites what clap would not understand as users mean it:
/// - `-j4` becomes `-j 4`: clap takes it for a word, since words behind a target may begin with `-`;
/// - `--push=true` becomes `--push`, and `--push=false` is remembered;
/// - a switch behind a target stands in front: a target's argument has a value, so `rbuild +image --push` can only mean the switch;
/// - what only Earthfiles' users type, and changes nothing, goes: `--org x`;
/// - `rbuild -V` asks for the version; before a target, `-V` is `--verbose`, as users of Earthfiles know it.
///
/// Words behind `--` are not rbuild's, nor are those that `complete` is about: they stay as they are.
pub fn read(words: impl Iterator<Item = OsString>, command: &Command) -> Words {
    let mut given: Vec<OsString> = words.collect();
    if given.len() == 2 && given[1] == "-V" {
        given[1] = "--version".into();
    }
    let mut read = Words::default();
    let is_complete = given.get(1).is_some_and(|word| word == "complete");
    let end = if is_complete { Some(2) } else { given.iter().position(|word| word == "--") };
    let end = end.unwrap_or(given.len());
    let others = given.split_off(end);
    let subcommand = given.iter().skip(1).find_map(|word| command.find_subcommand(word));
    let is_own = |word: &str| subcommand.is_some_and(|subcommand| has_option(subcommand, word));
    let (mut switches_behind, mut behind, mut is_value, mut is_idle) = (Vec::new(), false, false, false);
    for (index, word) in given.iter().enumerate() {
        let text = word.to_str().unwrap_or("");
        if std::mem::take(&mut is_idle) {
            continue;
        }
        if std::mem::take(&mut is_value) {
            read.words.push(word.clone());
            continue;
        }
        behind |= text.contains('+') && !text.starts_with('-');
        if behind {
            // A word that is no target may be the value of a target's argument of this name.
            let next = given.get(index + 1).and_then(|next| next.to_str());
            let has_value = next.is_some_and(|next| !next.starts_with('-') && !next.contains('+'));
            let into = if is_switch(text, command) && !has_value { &mut switches_behind } else { &mut read.words };
            into.push(word.clone());
            continue;
        }
        let attached = |name: &&str| text.len() > name.len() && text.starts_with(*name);
        if let Some(name) = ATTACHED.into_iter().find(attached) {
            read.words.extend([OsString::from(name), OsString::from(&text[name.len()..])]);
        } else if let Some(idle) = foreign::idle(text).filter(|_| !is_own(text)) {
            is_idle = idle.takes_next;
            if !read.notes.contains(&idle.note) {
                read.notes.push(idle.note);
            }
        } else if let Some((name, on)) = decided(text, command) {
            if on {
                read.words.push(format!("--{name}").into());
            } else {
                read.off.push(name);
            }
        } else {
            is_value = has_value(text, command);
            read.words.push(word.clone());
        }
    }
    read.words.extend(others);
    let program = 1.min(read.words.len());
    read.words.splice(program..program, switches_behind);
    read
}

fn is_switch(word: &str, command: &Command) -> bool {
    option(word, command).is_some_and(|arg| standalone(command).any(|switch| switch.get_id() == arg.get_id()))
}

/// Whether a command has an option of its own that this word names: `rbuild config --project`.
fn has_option(command: &Command, word: &str) -> bool {
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    command.get_arguments().filter_map(Arg::get_long).any(|long| name.strip_prefix("--") == Some(long))
}

/// Whether the next word is the value of this one.
fn has_value(word: &str, command: &Command) -> bool {
    option(word, command).is_some_and(|arg| {
        arg.get_action().takes_values() && arg.get_num_args().is_none_or(|number| number.min_values() > 0)
    })
}

/// The option that a word names, without a value.
fn option<'c>(word: &str, command: &'c Command) -> Option<&'c Arg> {
    options(command).find(|arg| {
        let shorts = arg.get_short_and_visible_aliases().unwrap_or_default();
        word.strip_prefix("--") == Some(long(arg)) || shorts.iter().any(|short| word == format!("-{short}"))
    })
}

/// `--push=yes` and `--push=no`.
fn decided(word: &str, command: &Command) -> Option<(String, bool)> {
    let (name, value) = word.strip_prefix("--")?.split_once('=')?;
    let on = match value {
        "true" | "yes" | "on" | "1" => true,
        "false" | "no" | "off" | "0" => false,
        _ => return None,
    };
    switches(command).any(|arg| long(arg) == name).then(|| (name.to_owned(), on))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use clap::CommandFactory;

    fn check(words: &str, expected: &str, off: &[&str]) {
        let words = ["rbuild"].into_iter().chain(words.split_whitespace()).map(OsString::from);
        let read = read(words, &Arguments::command());
        let text = read.words.join(std::ffi::OsStr::new(" "));
        assert_eq!(
            (text.to_str().unwrap(), read.off),
            (format!("rbuild {expected}").trim_end(), off.iter().map(|&name| name.to_owned()).collect())
        );
    }

    #[test]
    fn words_are_as_clap_reads_them() {
        check("", "", &[]);
        check("-j4 plan -f x -fy +t -j4", "-j 4 plan -f x -f y +t -j4", &[]);
        check("-V", "--version", &[]);
        check("-V +t", "-V +t", &[]);
        check("--build-arg V=1.0+git -j4 +t", "--build-arg V=1.0+git -j 4 +t", &[]);
        check("-f ./c++/Buildfile --push=false +t", "-f ./c++/Buildfile +t", &["push"]);
        check("--build-arg=V=1.0+git -j4 +t", "--build-arg=V=1.0+git -j 4 +t", &[]);
        check("shell +t --push -- make -k --push -j4", "--push shell +t -- make -k --push -j4", &[]);
        check("complete rbuild +t --push", "complete rbuild +t --push", &[]);
        check("--push=true --no-cache=no +t --push=false", "--push +t --push=false", &["no-cache"]);
        check("--platform=no +t", "--platform=no +t", &[]);
    }

    #[test]
    fn what_changes_nothing_is_left_out_and_said_once() {
        check("--org acme --no-sat --push --org=acme +t", "--push +t", &[]);
        check("build --org +x +t --org=acme", "build +t --org=acme", &[]);
        check("config --project platform x", "config --project platform x", &[]);
        check("--file --org -- --no-sat", "--file --org -- --no-sat", &[]);
        check("complete rbuild --org", "complete rbuild --org", &[]);
        let words = ["rbuild", "--org", "a", "--org=b", "--email", "me", "+t"].map(OsString::from);
        let notes = read(words.into_iter(), &Arguments::command()).notes;
        let expected = |name| format!("`{name}` has no effect: rbuild talks to no vendor's cloud; leave it out");
        assert_eq!(notes, [expected("--org"), expected("--email")]);
    }

    #[test]
    fn switches_behind_a_target_are_rbuilds() {
        check("+image --push --tag=1 -P", "--push -P +image --tag=1", &[]);
        check("plan +t --no-cache +u", "--no-cache plan +t +u", &[]);
        check("+t --debug true", "+t --debug true", &[]);
        check("+t --image x --artifact", "+t --image x --artifact", &[]);
        check("+t --debug -v", "--debug -v +t", &[]);
    }
}
