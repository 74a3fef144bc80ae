//! What is written and sent about a build that is over: `--timings`, `--report`, `--otel`.

use super::arguments::{Report, ReportFormat};
use super::context::{Context, Ended};
use super::environment;
use super::exit::Exit;
use crate::history::Build;
use crate::workspace::{IoError, write_whole};
use crate::{telemetry, ui};
use std::path::PathBuf;

/// All that was asked for.
#[derive(Debug)]
pub struct Reports {
    timings: Option<PathBuf>,
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
        let options = &context.options.reports;
        let trace = match options.otel {
            true => telemetry::Settings::new(&environment::for_telemetry())
                .map_err(|error| context.fail(Exit::Usage, &error.to_string(), Some(error.help())))?,
            false => None,
        };
        Ok(Self { timings: options.timings.clone(), files: options.report.clone(), trace, masks })
    }

    /// Writes all files. None of them, nor the trace, has a secret.
    pub fn write(self, build: Build) -> Written {
        let build = self.masks.build(build);
        let report = |report: &Report| match report.format {
            ReportFormat::Junit => write_whole(&report.path, ui::junit(&build).as_bytes()),
            ReportFormat::Json => write_whole(&report.path, ui::report(&build).as_bytes()),
        };
        let page = |page: &PathBuf| write_whole(page, ui::timings(&build).as_bytes());
        let results = self.files.iter().map(report).chain(self.timings.iter().map(page));
        let unwritten = results.filter_map(Result::err).collect();
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
        let mut ended = Ok(());
        for error in unwritten {
            ended = Err(context.fail(Exit::Environment, &error.to_string(), None));
        }
        ended
    }
}
