//! Events and histories without the secrets in them.

use super::mask::Masks;
use crate::event::{Cause, Event, Failure, Step, StepState, Summary, TimedStep};
use crate::history::{Build, End, How, Output, Record, Span, Spent, StepRecord};
use crate::trace::Call;
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

impl Masks {
    /// The event without secrets. Only the bytes of [`Event::Output`] stay: they are masked when they make a line.
    pub(super) fn event(&self, event: Event) -> Event {
        if self.are_none() {
            return event;
        }
        match event {
            Event::Started { targets, engine } => Event::Started {
                targets: targets.iter().map(|target| self.owned(target)).collect(),
                engine: self.owned(&engine),
            },
            Event::Step { step, state } => Event::Step { step: self.step(step), state: self.state(state) },
            Event::Output { step, stream, bytes } => Event::Output { step: self.step(step), stream, bytes },
            Event::Phase { step, phase } => Event::Phase { step: self.step(step), phase },
            Event::Counts(counts) => Event::Counts(counts),
            Event::ContextSent { context, files, bytes } => {
                Event::ContextSent { context: self.owned(&context), files, bytes }
            }
            Event::ImageStored { target, name } => {
                Event::ImageStored { target: self.shared(&target), name: self.owned(&name) }
            }
            Event::ImagePushed { target, name } => {
                Event::ImagePushed { target: self.shared(&target), name: self.owned(&name) }
            }
            Event::RegistryCache { name, news } => Event::RegistryCache { name: self.owned(&name), news },
            Event::ArtifactSaved { target, source, path } => Event::ArtifactSaved {
                target: self.shared(&target),
                source: self.owned(&source),
                path: self.path(path),
            },
            Event::Skipped { target, since } => Event::Skipped { target: self.owned(&target), since },
            Event::Note(text) => Event::Note(self.owned(&text)),
            Event::Summary(summary) => Event::Summary(Arc::new(self.summary(&summary))),
            Event::Finished { outcome, took } => Event::Finished { outcome, took },
        }
    }

    /// The history of a build without secrets.
    #[must_use]
    pub fn build(&self, build: Build) -> Build {
        if self.are_none() {
            return build;
        }
        let Record { limit, steps, critical_path, outputs } = build.record;
        Build {
            targets: build.targets.iter().map(|target| self.owned(target)).collect(),
            engine: self.owned(&build.engine),
            error: build.error.map(|error| self.owned(&error)),
            logs: build.logs.into_iter().map(|(id, log)| (id, self.path(log))).collect(),
            record: Record {
                limit,
                steps: steps.into_iter().map(|step| self.step_record(step)).collect(),
                critical_path,
                outputs: outputs.iter().map(|output| self.made(output)).collect(),
            },
            ..build
        }
    }

    fn step_record(&self, record: StepRecord) -> StepRecord {
        let span = |span: Span| match span.spent {
            Spent::WaitingForLock { lock, holder } => {
                let masked = |text: Option<String>| text.map(|text| self.owned(&text));
                Span { spent: Spent::WaitingForLock { lock: masked(lock), holder: masked(holder) }, ..span }
            }
            _ => span,
        };
        let end = |end: End| match end.how {
            How::Failed(failure) => End { how: How::Failed(Arc::new(self.failure(&failure))), ..end },
            _ => end,
        };
        StepRecord {
            step: self.step(record.step),
            spans: record.spans.into_iter().map(span).collect(),
            end: record.end.map(end),
            ..record
        }
    }

    fn made(&self, output: &Output) -> Output {
        match output {
            Output::ImageStored { target, name } => {
                Output::ImageStored { target: self.shared(target), name: self.owned(name) }
            }
            Output::ImagePushed { target, name } => {
                Output::ImagePushed { target: self.shared(target), name: self.owned(name) }
            }
            Output::ArtifactSaved { target, source, path } => Output::ArtifactSaved {
                target: self.shared(target),
                source: self.owned(source),
                path: self.path(path.clone()),
            },
        }
    }

    fn path(&self, path: PathBuf) -> PathBuf {
        match self.apply(&path.to_string_lossy()) {
            Cow::Owned(masked) => PathBuf::from(masked),
            Cow::Borrowed(_) => path,
        }
    }

    fn state(&self, state: StepState) -> StepState {
        match state {
            StepState::WaitingForLock { lock, holder, held, waited } => StepState::WaitingForLock {
                lock: self.owned(&lock),
                holder: holder.map(|holder| self.owned(&holder)),
                held,
                waited,
            },
            StepState::Failed { took, failure } => {
                StepState::Failed { took, failure: Arc::new(self.failure(&failure)) }
            }
            StepState::Queued
            | StepState::WaitingForHost { .. }
            | StepState::Running
            | StepState::Cached
            | StepState::Done { .. }
            | StepState::Cancelled => state,
        }
    }

    fn summary(&self, summary: &Summary) -> Summary {
        let masked = |steps: &[TimedStep]| {
            steps.iter().map(|timed| TimedStep { step: self.step(timed.step.clone()), took: timed.took }).collect()
        };
        Summary { slowest: masked(&summary.slowest), critical_path: masked(&summary.critical_path), ..summary.clone() }
    }

    fn failure(&self, failure: &Failure) -> Failure {
        Failure {
            step: Step {
                trace: failure.step.trace.map(|call| self.call(call)),
                ..Arc::unwrap_or_clone(self.step(Arc::new(failure.step.clone())))
            },
            cause: match &failure.cause {
                Cause::ExitCode(code) => Cause::ExitCode(*code),
                Cause::Message(text) => Cause::Message(self.owned(text)),
            },
            last_output: failure.last_output.iter().map(|line| self.line(line)).collect(),
            help: failure.help.as_deref().map(|help| self.owned(help)),
            log: failure.log.as_deref().map(|log| PathBuf::from(self.owned(&log.to_string_lossy()))),
        }
    }

    fn call(&self, call: &Call) -> Call {
        Call { target: self.shared(&call.target), command: self.shared(&call.command), location: call.location.clone() }
    }

    fn step(&self, step: Arc<Step>) -> Arc<Step> {
        match (self.apply(&step.target), self.apply(&step.name)) {
            (Cow::Borrowed(_), Cow::Borrowed(_)) => step,
            (target, name) => Arc::new(Step { target: target.into(), name: name.into(), ..(*step).clone() }),
        }
    }

    fn owned(&self, text: &str) -> String {
        self.apply(text).into_owned()
    }

    fn shared(&self, text: &Arc<str>) -> Arc<str> {
        match self.apply(text) {
            Cow::Borrowed(_) => text.clone(),
            Cow::Owned(masked) => masked.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::example;
    use crate::ui::report;

    #[test]
    fn a_history_is_masked_everywhere() {
        let mut build = example::failed();
        build.error = Some("cannot push with hunter2".to_owned());
        build.engine = "tcp://hunter2@host".to_owned();
        build.record.outputs.push(Output::ImagePushed { target: "+hunter2".into(), name: "hunter2/app".to_owned() });
        let secrets =
            ["hunter2", "go test ./...", "gomod", "FAIL: TestAdd", "out/app", "run it again", "pid 4711", "home/me"];
        let told = report(&build);
        assert!(secrets.iter().all(|secret| told.contains(secret)), "{told}");
        let masked = report(&Masks::new(secrets).build(build));
        assert!(!secrets.iter().any(|secret| masked.contains(secret)), "{masked}");
        assert!(masked.contains("\"name\":\"RUN ***\""), "{masked}");
    }
}
