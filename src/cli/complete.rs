//! Completion: `rbuild completions SHELL` prints a script for the shell, which asks `rbuild complete` for what may stand at the cursor.
//!
//! The scripts know nothing of rbuild but this, so they are as new as the program that answers.

use super::arguments::Arguments;
use super::document::artifact;
use super::settings::{long, standalone};
use crate::analysis::program::Unit;
use crate::analysis::signature::Signature;
use crate::run::load::load_alone;
use crate::source::Sources;
use crate::workspace::{Found, find_in, find_upwards};
use clap::{Command, CommandFactory as _, ValueEnum};
use std::path::Path;
use std::sync::Arc;

/// Shells with completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bash 4.4 or newer
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}

/// The script that teaches a shell to complete rbuild's command lines.
pub fn script(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("completions/rbuild.bash"),
        Shell::Zsh => include_str!("completions/_rbuild"),
        Shell::Fish => include_str!("completions/rbuild.fish"),
    }
}

/// What may stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    word: String,
    about: String,
}

impl Candidate {
    fn new(word: impl Into<String>, about: impl Into<String>) -> Self {
        Self { word: word.into(), about: about.into() }
    }
}

/// The lines that answer a shell: a candidate each, then, behind a tab, what it is. `words` are those behind `rbuild`; the last one is
/// being typed. Whatever is wrong with a Buildfile, nothing is said of it: there is just less to offer.
pub fn complete(words: &[String], current: &Path) -> String {
    let (typed, before) = words.split_last().map_or(("", &[][..]), |(last, before)| (last.as_str(), before));
    let mut found: Vec<Candidate> = candidates(before, typed, current);
    found.retain(|candidate| candidate.word.starts_with(typed));
    let clean = |text: &str| text.replace(['\n', '\t'], " ");
    found.iter().map(|found| format!("{}\t{}\n", clean(&found.word), clean(&found.about))).collect()
}

fn candidates(before: &[String], typed: &str, current: &Path) -> Vec<Candidate> {
    let rbuild = Arguments::command();
    let mut scope = &rbuild;
    let (mut target, mut option): (Option<&str>, Option<&clap::Arg>) = (None, None);
    let mut file = None;
    for word in before {
        if let Some(arg) = option.take() {
            file = (arg.get_long() == Some("file")).then_some(word.as_str()).or(file);
        } else if word.starts_with('-') && target.is_none() {
            // A value that may be missing stands behind `=`.
            option = valued(scope, word).filter(|arg| arg.get_num_args().is_none_or(|number| number.min_values() > 0));
        } else if word.contains('+') {
            target = Some(word);
        } else if let Some(command) = scope.find_subcommand(word) {
            scope = command;
        }
    }
    if let Some(arg) = option {
        return values(arg, "");
    }
    let reader = Reader { current, file };
    match (target, typed.split_once('=')) {
        (Some(_), Some(_)) => Vec::new(),
        (Some(target), None) if typed.starts_with('-') => reader.args(target),
        (None, Some((name, _))) if typed.starts_with("--") => {
            valued(scope, name).map(|arg| values(arg, &format!("{name}="))).unwrap_or_default()
        }
        (None, None) if typed.starts_with('-') => options(scope),
        _ => {
            let mut found = if takes_targets(scope) { reader.targets(typed) } else { Vec::new() };
            if target.is_none() {
                let commands = scope.get_subcommands().filter(|command| !command.is_hide_set());
                found.extend(commands.map(|command| Candidate::new(command.get_name(), about(command.get_about()))));
                let positional = scope.get_positionals().next();
                found.extend(positional.map(|arg| values(arg, "")).unwrap_or_default());
            }
            found
        }
    }
}

fn about(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}

/// The option that a word names and that takes a value.
fn valued<'c>(scope: &'c Command, word: &str) -> Option<&'c clap::Arg> {
    let named = |arg: &&clap::Arg| match word.strip_prefix("--") {
        Some(long) => arg.get_long() == Some(long),
        None => word.len() == 2 && arg.get_short() == word.chars().nth(1),
    };
    scope.get_arguments().find(named).filter(|arg| arg.get_action().takes_values())
}

fn values(arg: &clap::Arg, prefix: &str) -> Vec<Candidate> {
    let known = arg.get_possible_values();
    let shown = known.iter().filter(|value| !value.is_hide_set());
    shown.map(|value| Candidate::new(format!("{prefix}{}", value.get_name()), about(value.get_help()))).collect()
}

fn options(scope: &Command) -> Vec<Candidate> {
    let shown = scope.get_arguments().filter(|arg| !arg.is_hide_set());
    shown.filter_map(|arg| Some(Candidate::new(format!("--{}", arg.get_long()?), about(arg.get_help())))).collect()
}

/// Whether the words of a command are targets, as those of `rbuild` and `rbuild plan`.
fn takes_targets(scope: &Command) -> bool {
    scope.get_positionals().any(|arg| arg.get_id() == "words" || arg.get_id() == "target")
}

/// Reads Buildfiles for their targets.
struct Reader<'a> {
    current: &'a Path,
    file: Option<&'a str>,
}

impl Reader<'_> {
    /// The file of a reference whose place is this text, as typed in front of `+`.
    fn read(&self, place: &str) -> Option<(Arc<Unit>, Sources)> {
        let found = match (place, self.file) {
            ("", Some(file)) => {
                let path = self.current.join(file);
                if path.is_dir() { find_in(&path) } else { Found::at(&path) }
            }
            ("", None) => find_upwards(self.current),
            (place, _) => find_in(&self.current.join(place)),
        };
        let loaded = load_alone(&found?, self.current, &[]).ok()?;
        let unit = loaded.program.units.into_values().next()?;
        Some((unit, loaded.program.sources))
    }

    /// References that go on from what was typed: targets, artifacts of one, directories with a Buildfile.
    fn targets(&self, typed: &str) -> Vec<Candidate> {
        let Some((place, rest)) = typed.split_once('+') else {
            let mut found = if typed.is_empty() { self.targets("+") } else { Vec::new() };
            found.extend(self.directories(typed));
            return found;
        };
        let Some((unit, sources)) = self.read(place) else { return Vec::new() };
        if let Some((target, _)) = rest.split_once('/') {
            let signature = Signature::of(&unit, target);
            let saved = signature.iter().flat_map(|signature| &signature.artifacts);
            return saved
                .map(|saved| Candidate::new(format!("{place}+{target}/{}", artifact(saved, &sources)), "artifact"))
                .collect();
        }
        let first = |docs: Option<&crate::syntax::ast::Docs>| {
            docs.and_then(|docs| docs.text.lines().next()).unwrap_or_default().to_owned()
        };
        unit.targets
            .iter()
            .map(|(name, target)| Candidate::new(format!("{place}+{name}"), first(target.docs.as_ref())))
            .collect()
    }

    /// Directories below the one that was typed so far; with `+` behind those that have a Buildfile.
    fn directories(&self, typed: &str) -> Vec<Candidate> {
        let above = typed.rfind('/').map_or("", |slash| &typed[..=slash]);
        let entries = std::fs::read_dir(self.current.join(above)).into_iter().flatten().filter_map(Result::ok);
        let mut found = Vec::new();
        for name in
            entries.filter(|entry| entry.path().is_dir()).filter_map(|entry| entry.file_name().into_string().ok())
        {
            // A reference to a directory begins with a dot or a slash.
            let written = if above.is_empty() { format!("./{name}") } else { format!("{above}{name}") };
            if name.starts_with('.') || !(above.is_empty() || written.starts_with(['.', '/', '~'])) {
                continue;
            }
            if find_in(&self.current.join(&written)).is_some() {
                found.push(Candidate::new(format!("{written}+"), "Buildfile"));
            }
            found.push(Candidate::new(format!("{written}/"), "directory"));
        }
        found.sort_by(|one, other| one.word.cmp(&other.word));
        found
    }

    /// The arguments that may stand behind a target, and rbuild's own flags that may.
    fn args(&self, target: &str) -> Vec<Candidate> {
        let (place, name) = target.split_once('+').unwrap_or(("", target));
        let name = name.split('/').next().unwrap_or(name);
        let mut found = Vec::new();
        if let Some((unit, _)) = self.read(place)
            && let Some(signature) = Signature::of(&unit, name)
        {
            for arg in signature.args.iter().chain(&signature.globals) {
                let docs = arg.docs.as_ref().and_then(|docs| docs.text.lines().next()).unwrap_or_default();
                found.push(Candidate::new(format!("--{}=", arg.name.text), docs));
            }
        }
        let rbuild = Arguments::command();
        let switches: Vec<String> = standalone(&rbuild).map(|arg| format!("--{}", long(arg))).collect();
        found.extend(options(&rbuild).into_iter().filter(|option| switches.contains(&option.word)));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "Buildfile",
            "FROM x\nARG --global version=1\n# build makes it.\nbuild:\n  # tag is a name.\n  ARG tag\n  SAVE ARTIFACT out/app\nbench:\n  RUN x\n",
        );
        write("api/Earthfile", "VERSION 0.8\nFROM x\nimage:\n  RUN x\n");
        write("docs/page.md", "");
        write("broken/Buildfile", "FROM\nx: y\n\tz");
        dir
    }

    fn words(line: &str) -> Vec<String> {
        let dir = project();
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        complete(&words, dir.path()).lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn targets_and_their_arguments_are_offered() {
        assert_eq!(words("+b"), ["+build", "+bench"]);
        assert_eq!(words("./api+"), ["./api+image"]);
        assert_eq!(words("+build/"), ["+build/app"]);
        assert_eq!(words("+build --ta"), ["--tag="]);
        assert_eq!(words("+build --v"), ["--version=", "--verbose"]);
        assert_eq!(words("+build --tag=1 +be"), ["+bench"]);
        assert_eq!(words("+build --pus"), ["--push"]);
        assert_eq!(words("plan +be"), ["+bench"]);
        assert_eq!(words("-f api +"), ["+image"]);
        assert_eq!(words("./broken+"), ["./broken+x"], "what can be read of a broken file is offered");
        assert_eq!(words("./nowhere+"), Vec::<String>::new());
    }

    #[test]
    fn directories_lead_to_their_targets() {
        assert_eq!(words("./"), ["./api+", "./api/", "./broken+", "./broken/", "./docs/"]);
        let first = words("");
        assert!(first.contains(&"+build".to_owned()) && first.contains(&"ls".to_owned()), "{first:?}");
        assert!(first.contains(&"./api+".to_owned()), "{first:?}");
    }

    #[test]
    fn options_and_their_values_are_offered() {
        assert_eq!(words("--max-par"), ["--max-parallelism"]);
        assert_eq!(words("--progress pl"), ["plain"]);
        assert_eq!(words("--progress=j"), ["--progress=json"]);
        assert_eq!(words("plan --format d"), ["dot"]);
        assert_eq!(words("completions f"), ["fish"]);
        assert_eq!(words("prun"), ["prune"]);
        assert!(words("-").iter().all(|word| word.starts_with("--")));
    }

    #[test]
    fn an_answer_has_a_line_for_each_candidate() {
        let answer = complete(&["+build".to_owned()], project().path());
        assert_eq!(answer, "+build\tbuild makes it.\n");
    }
}
