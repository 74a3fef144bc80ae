//! `rbuild fmt`.

use super::context::{Context, Ended};
use super::exit::Exit;
use super::{environment, faults};
use crate::format::format;
use crate::source::Sources;
use crate::syntax::ParseOptions;
use crate::ui;
use crate::workspace::{Found, IoError, write_whole};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// A text to format.
struct Input {
    /// As the user would name it.
    name: String,
    /// Where it came from; `None`: standard input.
    path: Option<PathBuf>,
    text: String,
    options: ParseOptions,
}

/// Formats Buildfiles: those that are named (a directory stands for the Buildfile in it, `-` for standard input), else the nearest.
/// With `check` nothing is written, and what would change is shown.
///
/// # Errors
/// When a file cannot be read or written, has errors, or, with `check`, would change; it was said.
pub fn fmt(context: &Context, paths: &[PathBuf], check: bool) -> Ended<()> {
    let inputs = inputs(context, paths)?;
    let mut sources = Sources::default();
    let mut wrong = Vec::new();
    let mut formatted = Vec::new();
    for input in inputs {
        let file = sources.add(input.name.as_str(), input.text.as_str());
        match format(file, &input.text, input.options) {
            Ok(text) => formatted.push((input, text)),
            Err(diagnostics) => wrong.extend(diagnostics),
        }
    }
    let mut differing = 0;
    for (input, text) in &formatted {
        let differs = *text != input.text;
        differing += usize::from(differs);
        match &input.path {
            _ if check => context.print(ui::diff(
                &input.name,
                &input.text,
                text,
                &environment::output(context.options.output.color.asked()),
            ))?,
            None => context.print(text)?,
            Some(path) if differs => {
                write_whole(path, text.as_bytes())
                    .map_err(|error| context.fail(Exit::Environment, &error.to_string(), None))?;
                context.note(&format!("{} is formatted", input.name));
            }
            Some(_) => {}
        }
    }
    faults::diagnostics(context, &sources, &wrong)?;
    if check && differing > 0 {
        let message = format!(
            "{} not formatted",
            if differing == 1 { "1 file is".to_owned() } else { format!("{differing} files are") }
        );
        return Err(context.fail(
            Exit::BuildFailed,
            &message,
            Some("`rbuild fmt` without `--check` formats what it is given"),
        ));
    }
    Ok(())
}

fn inputs(context: &Context, paths: &[PathBuf]) -> Ended<Vec<Input>> {
    if paths.is_empty() {
        return Ok(vec![of_file(context, &context.buildfile()?)?]);
    }
    paths.iter().map(|path| input(context, path)).collect()
}

fn input(context: &Context, path: &Path) -> Ended<Input> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| context.fail(Exit::Environment, &format!("cannot read standard input: {error}"), None))?;
        return text(context, "standard input".to_owned(), None, bytes, true);
    }
    of_file(context, &context.buildfile_at(path)?)
}

fn of_file(context: &Context, found: &Found) -> Ended<Input> {
    let path = found.path();
    let bytes = std::fs::read(&path)
        .map_err(IoError::on("read", &path))
        .map_err(|error| context.fail(Exit::Environment, &error.to_string(), None))?;
    text(context, context.shown(&path), Some(path), bytes, found.file_name == "Buildfile")
}

fn text(context: &Context, name: String, path: Option<PathBuf>, bytes: Vec<u8>, buildfile: bool) -> Ended<Input> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Input { name, path, text, options: ParseOptions { default_version_is_1_0: buildfile } }),
        Err(_) => Err(context.fail(
            Exit::Buildfile,
            &format!("{name} is not text in UTF-8"),
            Some("save it as UTF-8, then format it"),
        )),
    }
}
