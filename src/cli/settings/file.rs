//! A settings file: TOML, whose keys are the long names of options.

use super::key::{self, Shape, keys, long, options};
use super::misuse::Misuse;
use super::project::objection;
use super::setting::{Layer, Origin, Setting, Value};
use crate::cli::{foreign, git_sites};
use crate::syntax::suggest;
use clap::{Arg, Command};
use std::io::ErrorKind;
use std::path::Path;
use toml_edit::{Document, Item};

/// Whose settings a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The user's.
    User,
    /// The project's, which comes with its files.
    Project,
}

/// Reads a file; one that is not there has no settings.
///
/// # Errors
/// What is wrong in it, and where.
pub fn read(path: &Path, whose: Whose, command: &Command) -> Result<Layer, Misuse> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text, path, whose, command),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Layer::new()),
        Err(error) => {
            let message = format!("cannot read the settings in {}: {error}", path.display());
            Err(Misuse::new(message, "make it readable, or name another file with `--config PATH`"))
        }
    }
}

/// Reads a file's text.
///
/// # Errors
/// What is wrong in it, and where.
pub fn parse(text: &str, path: &Path, whose: Whose, command: &Command) -> Result<Layer, Misuse> {
    let line = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
    let at = |offset: usize, what: &str| format!("{}:{}: {what}", path.display(), line(offset));
    let document = Document::parse(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        Misuse { message: at(offset, error.message().trim_end()), help: None }
    })?;
    let mut layer = Layer::new();
    for (name, item) in document.iter() {
        let offset = document.key(name).and_then(toml_edit::Key::span).map_or(0, |span| span.start);
        let wrong = |(what, help): (String, String)| Misuse::new(at(offset, &what), help);
        // These are no options: they are read where repositories are reached.
        if name == git_sites::TABLE && whose == Whose::User {
            continue;
        }
        let arg = find(command, name).map_err(wrong)?;
        let value = value(arg, item).map_err(wrong)?;
        if let Some(why) = objection(name, &value).filter(|_| whose == Whose::Project) {
            let what = format!("a project cannot set `{name}`: {why}");
            let help = "`rbuild config` writes it into the user's own settings; or type the option".to_owned();
            return Err(wrong((what, help)));
        }
        let origin = Origin::File { path: path.to_path_buf(), line: line(offset) };
        layer.insert(name.to_owned(), Setting { value, origin });
    }
    Ok(layer)
}

/// The option that a key names.
///
/// # Errors
/// A message and a hint.
pub fn find<'a>(command: &'a Command, name: &str) -> Result<&'a Arg, (String, String)> {
    let keys = keys(command);
    if let Some(arg) = keys.iter().find(|arg| long(arg) == name) {
        return Ok(arg);
    }
    if options(command).any(|arg| long(arg) == name && !key::is_key(arg)) {
        let message = format!("`{name}` cannot be a setting: it belongs to one call");
        return Err((message, format!("write `rbuild --{name} …`")));
    }
    if let Some(Misuse { message, help }) = foreign::setting(name) {
        return Err((message, help.unwrap_or_default()));
    }
    let with_dashes = name.replace('_', "-");
    let near = suggest::nearest(&with_dashes, keys.iter().map(|arg| long(arg)));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`rbuild config` lists the keys; they are named like the options".to_owned(),
    };
    Err((format!("there is no setting `{name}`"), help))
}

fn value(arg: &Arg, item: &Item) -> Result<Value, (String, String)> {
    let name = long(arg);
    let shape = Shape::of(arg);
    let single = |item: &toml_edit::Value| {
        item.as_str().map(str::to_owned).or_else(|| item.as_integer().map(|number| number.to_string()))
    };
    let read = item.as_value().and_then(|value| match shape {
        Shape::Switch => value.as_bool().map(Value::Switch),
        Shape::List => value.as_array()?.iter().map(single).collect::<Option<_>>().map(Value::Many),
        _ => single(value).map(Value::One),
    });
    read.ok_or_else(|| {
        let example = match &shape {
            Shape::Switch => "true".to_owned(),
            Shape::List => "[\"…\", \"…\"]".to_owned(),
            Shape::Number => "4".to_owned(),
            Shape::Choice(choices) => format!("\"{}\"", choices.first().map_or("…", String::as_str)),
            Shape::Text => "\"…\"".to_owned(),
        };
        (format!("`{name}` is {} here", kind(item)), format!("write `{name} = {example}`"))
    })
}

/// What an item is, with its article.
fn kind(item: &Item) -> String {
    let name = item.type_name();
    let article = if name.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use clap::CommandFactory;

    #[test]
    fn mistakes_name_their_line_and_what_was_meant() {
        let command = Arguments::command();
        for (whose, text, expected) in [
            (Whose::User, "\npusch = true", "x.toml:2: there is no setting `pusch`; did you mean `push`?"),
            (Whose::User, "no_cache = true", "x.toml:1: there is no setting `no_cache`; did you mean `no-cache`?"),
            (Whose::User, "push = \"yes\"", "x.toml:1: `push` is a string here; write `push = true`"),
            (
                Whose::User,
                "build-arg = \"a=1\"",
                "x.toml:1: `build-arg` is a string here; write `build-arg = [\"…\", \"…\"]`",
            ),
            (Whose::User, "[platform]\nx = 1", "x.toml:1: `platform` is a table here; write `platform = \"…\"`"),
            (
                Whose::User,
                "file = \"x\"",
                "x.toml:1: `file` cannot be a setting: it belongs to one call; write `rbuild --file …`",
            ),
            (
                Whose::Project,
                "pull = true\npush = true",
                "x.toml:2: a project cannot set `push`: that is for its user to decide",
            ),
            (Whose::User, "push = true\npush = false", "x.toml:2: duplicate key"),
        ] {
            let Misuse { message, help } = parse(text, Path::new("x.toml"), whose, &command).unwrap_err();
            let told = [message, help.unwrap_or_default()].join("; ");
            assert!(told.starts_with(expected), "{told}");
        }
    }

    #[test]
    fn values_have_the_shapes_of_their_options() {
        let text = "# of this machine\npush = true\nmax-parallelism = 4\nlock-timeout = \"5m\"\nsecret = [\"A\"]\n";
        let layer = parse(text, Path::new("x.toml"), Whose::User, &Arguments::command()).unwrap();
        let values: Vec<_> = layer.values().map(|setting| setting.value.clone()).collect();
        let one = |text: &str| Value::One(text.to_owned());
        assert_eq!(values, [one("5m"), one("4"), Value::Switch(true), Value::Many(vec!["A".to_owned()])]);
        assert_eq!(layer["push"].origin.to_string(), "x.toml:2");
    }
}
