//! `rbuild init`: a first Buildfile that suits the project.

use super::context::{Context, Ended};
use super::exit::Exit;
use super::templates::Template;
use crate::workspace::find_in;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};

/// Ignore files, of which one may lie beside a Buildfile.
const IGNORE_FILES: [&str; 3] = [".rbuildignore", ".earthlyignore", ".earthignore"];
/// What every project leaves out: what builds make, what they are told, and themselves.
const IGNORED: &[&str] =
    &[".git/", "out/", "rbuild-timing.html", "Buildfile", ".arg", ".env", ".secret", ".rbuild.toml"];
/// Does not count any more where there is another ignore file.
const DOCKER_IGNORE: &str = ".dockerignore";

/// Writes a Buildfile into the current directory, and an ignore file where there is none.
///
/// # Errors
/// When there is a Buildfile already, or none can be written; it was said.
pub fn init(context: &Context, template: Option<Template>) -> Ended<()> {
    let dir = &context.current;
    if let Some(found) = find_in(dir) {
        let message = format!("there is a Buildfile already: {}", found.path().display());
        return Err(context.fail(Exit::Usage, &message, Some("`rbuild ls` lists its targets; nothing was changed")));
    }
    let found = Template::found_in(dir);
    let template = template.or(found.first().map(|(kind, _)| *kind)).unwrap_or(Template::Generic);
    let ignored = match IGNORE_FILES.iter().any(|name| dir.join(name).exists()) {
        true => None,
        false => Some(ignored(context, template, &found)?),
    };
    write(context, "Buildfile", &template.text(dir))?;
    let why = found.iter().find(|(kind, _)| *kind == template).map(|(_, mark)| format!(", as {mark} is here"));
    let subject = match template {
        Template::Generic if found.is_empty() => "as an example: nothing here tells what is built".to_owned(),
        _ => format!("for {}{}", template.name(), why.unwrap_or_default()),
    };
    context.print(format!("Buildfile: written {subject}\n"))?;
    for (kind, mark) in found.iter().filter(|(kind, _)| *kind != template) {
        let how = format!("remove the Buildfile and type `rbuild init {}`", kind.name());
        context.print(format!("{mark} is here too: for that, {how}\n"))?;
    }
    if let Some(text) = ignored {
        write(context, IGNORE_FILES[0], &text)?;
        context.print(format!(
            "{}: keeps what builds make, and secrets, from being sent to the engine\n",
            IGNORE_FILES[0]
        ))?;
        if dir.join(DOCKER_IGNORE).exists() {
            let lines = format!("has the lines of {DOCKER_IGNORE} too, which does not count beside it");
            context.print(format!("{}: {lines}\n", IGNORE_FILES[0]))?;
        }
    }
    let build = if template == Template::Compose { "rbuild -P +all " } else { "rbuild +all    " };
    context.print(format!(
        "\nNow look at it, and type:\n  rbuild          to list its targets\n  {build} to build them all\n"
    ))
}

/// The text of a new ignore file. It stands in for Docker's, whose lines it has: last, so that they win as before.
fn ignored(context: &Context, template: Template, found: &[(Template, &str)]) -> Ended<String> {
    let mut lines = IGNORED.to_vec();
    for kind in std::iter::once(template).chain(found.iter().map(|(kind, _)| *kind)) {
        lines.extend(kind.made().iter().filter(|made| !lines.contains(made)).collect::<Vec<_>>());
    }
    let own: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let path = context.current.join(DOCKER_IGNORE);
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            Ok(format!("{own}\n# From {DOCKER_IGNORE}, which does not count beside this file:\n{text}{end}"))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(own),
        Err(error) => {
            let message = format!("cannot read {}: {error}", path.display());
            Err(context.fail(Exit::Environment, &message, Some("mend it first: the new ignore file takes its place")))
        }
    }
}

/// Writes a file that does not exist yet.
fn write(context: &Context, name: &str, text: &str) -> Ended<()> {
    let path = context.current.join(name);
    let written = OpenOptions::new().write(true).create_new(true).open(&path).and_then(|mut file| {
        file.write_all(text.as_bytes()).inspect_err(|_| {
            let _gone = std::fs::remove_file(&path);
        })
    });
    written.map_err(|error| {
        let help = match error.kind() {
            ErrorKind::PermissionDenied => "check who owns the directory",
            _ => "check the directory",
        };
        context.fail(Exit::Environment, &format!("cannot write {}: {error}", path.display()), Some(help))
    })
}
