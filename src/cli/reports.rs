//! What is written and sent about a build that is over: `--timings`, `--report`, `--otel`.

use super::context::{Context, Ended};
use super::environment;
use super::exit::Exit;
use crate::history::Build;
use crate::syntax::suggest;
use crate::workspace::{IoError, write_whole};
use crate::{telemetry, ui};
use std::path::PathBuf;

/// A report that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    format: Format,
    path: PathBuf,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// For CI servers.
    Junit,
    /// For programs.
    Json,
    /// For people: the page of `--timings`.
    Timings,
}

/// Formats that `--report` knows, by name.
const FORMATS: [(&str, Format); 2] = [("junit", Format::Junit), ("json", Format::Json)];

/// Reads `FORMAT=FILE`.
pub fn parse(text: &str) -> Result<Report, String> {
    let (name, path) = text.split_once('=').unwrap_or((text, ""));
    let Some((_, format)) = FORMATS.into_iter().find(|(known, _)| *known == name) else {
        return Err(match suggest::nearest(name, FORMATS.map(|(known, _)| known)) {
            Some(near) => format!("there is no format `{name}`; did you mean `{near}`?"),
            None => format!("there is no format `{name}`; write `junit=FILE` or `json=FILE`"),
        });
    };
    if path.is_empty() {
        return Err(format!("name the file: `{name}=FILE`"));
    }
    Ok(Report { format, path: path.into() })
}

/// All that was asked for.
#[derive(Debug)]
pub struct Reports {
    files: Vec<Report>,
    trace: Option<telemetry::Settings>,
    masks: ui::Masks,
}

impl Reports {
    /// Settles what is written where.
    ///
    /// # Errors
    /// When a variable of OpenTelemetry cannot be followed; it was said.
    pub fn new(context: &Context, masks: ui::Masks) -> Ended<Self> {
        let options = &context.options;
        let mut files = options.report.clone();
        files.extend(options.timings.iter().map(|path| Report { format: Format::Timings, path: path.clone() }));
        for file in &mut files {
            file.path = context.current.join(&file.path);
        }
        let trace = match options.otel {
            true => telemetry::Settings::new(&environment::for_telemetry())
                .map_err(|error| context.fail(Exit::Usage, &error.to_string(), Some(error.help())))?,
            false => None,
        };
        Ok(Self { files, trace, masks })
    }

    /// Writes all files. None of them, nor the trace, has a secret.
    pub fn write(self, build: Build) -> Written {
        let build = self.masks.build(build);
        let write = |file: &Report| {
            let text = match file.format {
                Format::Junit => ui::junit(&build),
                Format::Json => ui::report(&build),
                Format::Timings => ui::timings(&build),
            };
            write_whole(&file.path, text.as_bytes()).err()
        };
        let unwritten = self.files.iter().filter_map(write).collect();
        Written { build, unwritten, trace: self.trace }
    }
}

/// What has been written, and what is still to be sent and told.
#[must_use = "what could not be written has to be told"]
pub struct Written {
    build: Build,
    unwritten: Vec<IoError>,
    trace: Option<telemetry::Settings>,
}

impl Written {
    /// Whether all files were written.
    pub fn is_whole(&self) -> bool {
        self.unwritten.is_empty()
    }

    /// Sends the trace, if one was asked for. Says what went wrong, which changes nothing else, and what was not written.
    ///
    /// # Errors
    /// When a file was not written; it was said.
    pub async fn send(self, context: &Context) -> Ended<()> {
        let Self { build, unwritten, trace } = self;
        if let Some(trace) = trace {
            let sent = tokio::task::spawn_blocking(move || telemetry::send(&build, &trace)).await;
            match sent {
                Ok(Ok(())) => {}
                Ok(Err(error)) => context.warn(&error.to_string()),
                Err(error) => context.warn(&format!("the trace was not sent: {error}")),
            }
        }
        let told = unwritten.iter().map(|error| context.fail(Exit::Environment, &error.to_string(), None));
        told.last().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_have_a_format_and_a_file() {
        let report = |format, path: &str| Ok(Report { format, path: path.into() });
        assert_eq!(parse("junit=out/junit.xml"), report(Format::Junit, "out/junit.xml"));
        assert_eq!(parse("json=a=b.json"), report(Format::Json, "a=b.json"));
        let wrong = |text: &str, expect: &str| assert_eq!(parse(text), Err(expect.to_owned()), "{text}");
        wrong("json", "name the file: `json=FILE`");
        wrong("json=", "name the file: `json=FILE`");
        wrong("junt=x", "there is no format `junt`; did you mean `junit`?");
        wrong("report.xml", "there is no format `report.xml`; write `junit=FILE` or `json=FILE`");
    }
}
