//! Options about what is told of a build that is over.

use crate::syntax::suggest;
use clap::{ArgAction, Args};
use std::path::PathBuf;

/// Where the timeline is written if nobody says where.
pub const TIMINGS: &str = "rbuild-timing.html";

/// What is told of a build that is over, whatever its outcome.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Reports")]
pub struct Reports {
    /// Write a page with the timeline of the build [default file: rbuild-timing.html]
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = TIMINGS, value_parser = page, env = "RBUILD_TIMINGS")]
    pub timings: Option<PathBuf>,
    /// Write a report of the build: `junit=FILE` or `json=FILE`
    #[arg(long, value_name = "FORMAT=FILE", value_parser = parse, action = ArgAction::Append)]
    pub report: Vec<Report>,
    /// Send the build as a trace to the OpenTelemetry collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names
    #[arg(long, env = "RBUILD_OTEL")]
    pub otel: bool,
}

/// A report that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How it is written.
    pub format: ReportFormat,
    /// Where.
    pub path: PathBuf,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// For CI servers.
    Junit,
    /// For programs.
    Json,
}

/// Formats by their names.
const FORMATS: [(&str, ReportFormat); 2] = [("junit", ReportFormat::Junit), ("json", ReportFormat::Json)];

/// A page's path. Variables and settings have no other way to ask for the usual one than to say yes.
fn page(text: &str) -> Result<PathBuf, String> {
    match text {
        "1" | "true" => Ok(TIMINGS.into()),
        "" | "0" | "false" => {
            Err(format!("name a file, or say `true` for {TIMINGS}; say nothing where no page is wanted"))
        }
        path => Ok(path.into()),
    }
}

fn parse(text: &str) -> Result<Report, String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_name_or_the_usual_one() {
        for (text, expected) in
            [("1", Some(TIMINGS)), ("true", Some(TIMINGS)), ("a.html", Some("a.html")), ("false", None)]
        {
            assert_eq!(page(text).ok(), expected.map(PathBuf::from), "{text}");
        }
    }

    #[test]
    fn reports_have_a_format_and_a_file() {
        let report = |format, path: &str| Ok(Report { format, path: path.into() });
        assert_eq!(parse("junit=out/junit.xml"), report(ReportFormat::Junit, "out/junit.xml"));
        assert_eq!(parse("json=a=b.json"), report(ReportFormat::Json, "a=b.json"));
        let wrong = |text: &str, expect: &str| assert_eq!(parse(text), Err(expect.to_owned()), "{text}");
        wrong("json", "name the file: `json=FILE`");
        wrong("json=", "name the file: `json=FILE`");
        wrong("junt=x", "there is no format `junt`; did you mean `junit`?");
        wrong("report.xml", "there is no format `report.xml`; write `junit=FILE` or `json=FILE`");
    }
}
