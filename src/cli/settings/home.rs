//! `~/` in settings files, where no shell expands it.

use super::key::{long, options};
use super::setting::{Layer, Value};
use clap::{Arg, Command};
use std::path::Path;

/// The layer of a file with `~/` at the beginning of paths put as the home directory.
pub fn expanded(mut layer: Layer, command: &Command, home: Option<&Path>) -> Layer {
    let Some(home) = home.and_then(Path::to_str) else { return layer };
    for arg in options(command) {
        if let (Some(form), Some(setting)) = (Form::of(arg), layer.get_mut(long(arg))) {
            match &mut setting.value {
                Value::One(text) => *text = form.expanded(text, home),
                Value::Many(texts) => texts.iter_mut().for_each(|text| *text = form.expanded(text, home)),
                Value::Switch(_) => {}
            }
        }
    }
    layer
}

/// How an option takes a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As its value.
    Alone,
    /// Behind a name: `NAME=PATH`.
    Named,
}

impl Form {
    /// What the option's help calls its value tells; `None`: no path.
    fn of(arg: &Arg) -> Option<Self> {
        let name = arg.get_value_names()?.last()?;
        let is_path = ["PATH", "FILE", "DIR"].into_iter().any(|kind| name.ends_with(kind));
        is_path.then_some(if name.contains('=') { Self::Named } else { Self::Alone })
    }

    fn expanded(self, text: &str, home: &str) -> String {
        let (front, path) = match (self, text.split_once('=')) {
            (Self::Named, Some((name, path))) => (format!("{name}="), path),
            _ => (String::new(), text),
        };
        match path.strip_prefix("~/") {
            Some(rest) => format!("{front}{}/{rest}", home.trim_end_matches('/')),
            None => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use crate::cli::settings::file::{Whose, parse};
    use clap::CommandFactory;

    #[test]
    fn paths_may_begin_at_home() {
        let command = Arguments::command();
        for (text, expected) in [
            ("cache-dir = \"~/c\"", "/home/me/c"),
            ("cache-dir = \"/x/~/c\"", "/x/~/c"),
            ("timings = \"~/t.html\"", "/home/me/t.html"),
            ("secret-file = [\"a=~/a\", \"b=c=~/b\"]", "a=/home/me/a b=c=~/b"),
            ("report = [\"json=~/r.json\"]", "json=/home/me/r.json"),
            ("secret = [\"a=~/a\"]", "a=~/a"),
            ("cache-namespace = \"~/a\"", "~/a"),
        ] {
            let layer = parse(text, Path::new("config.toml"), Whose::User, &command).unwrap();
            let layer = expanded(layer, &command, Some(Path::new("/home/me/")));
            let values: Vec<String> = layer.values().map(|setting| setting.value.to_string()).collect();
            assert_eq!(values, [expected], "{text}");
        }
    }
}
