//! Keeping known secret values out of everything that is shown.

use super::escape;
use crate::event::{Cause, Event, Failure, Step, StepState, Summary, TimedStep};
use crate::trace::Call;
use std::borrow::Cow;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// What stands in place of a secret.
const MASK: &str = "***";

/// Secret values that must not be shown; each place where one occurs reads `***`.
///
/// A value of several lines is masked line by line, because output is shown line by line. Values and lines of fewer
/// than four characters are left alone: masking every `1` would hide nothing and make all output unreadable.
#[derive(Debug, Clone, Default)]
pub struct Masks {
    values: Vec<String>,
}

impl Masks {
    /// Fewer characters than this are not masked.
    pub const SHORTEST: usize = 4;

    /// Masks for these secret values.
    pub fn new<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Self {
        let mut values: Vec<String> = Vec::new();
        for secret in secrets {
            let lines = secret.as_ref().lines().map(str::trim);
            values.extend(lines.filter(|line| line.chars().count() >= Self::SHORTEST).map(str::to_owned));
        }
        values.sort_unstable();
        values.dedup();
        Self { values }
    }

    /// The text without the secrets.
    #[must_use]
    pub fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let places = self.places(text);
        if places.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masked = String::with_capacity(text.len());
        let mut from = 0;
        for place in places {
            masked.push_str(&text[from..place.start]);
            masked.push_str(MASK);
            from = place.end;
        }
        masked.push_str(&text[from..]);
        Cow::Owned(masked)
    }

    /// A line of output without the secrets, also where a tool coloured parts of one: that line loses its escapes.
    pub(super) fn line(&self, line: &str) -> String {
        let masked = self.apply(line);
        if !self.values.is_empty() && masked.chars().any(char::is_control) {
            let stripped = escape::strip(&masked);
            if let Cow::Owned(clean) = self.apply(&stripped) {
                return clean;
            }
        }
        masked.into_owned()
    }

    /// The last place at or before `wanted` (bytes, on a character's border) where the text may be cut without cutting a
    /// secret in two, given that more text follows. Where there is none, the end of the secret in the way.
    pub(super) fn cut(&self, text: &str, wanted: usize) -> usize {
        match self.places(text).into_iter().find(|place| place.start < wanted && wanted < place.end) {
            Some(place) if place.start > 0 => place.start,
            Some(place) => place.end,
            None => wanted,
        }
    }

    /// Bytes of the longest value.
    pub(super) fn longest(&self) -> usize {
        self.values.iter().map(String::len).max().unwrap_or(0)
    }

    /// Where secrets are: sorted, not overlapping.
    fn places(&self, text: &str) -> Vec<Range<usize>> {
        let mut places: Vec<Range<usize>> = Vec::new();
        for value in &self.values {
            let mut from = 0;
            // Occurrences may overlap, so the search goes on one character behind each start.
            while let Some(at) = text[from..].find(value.as_str()) {
                let start = from + at;
                places.push(start..start + value.len());
                from = start + text[start..].chars().next().map_or(1, char::len_utf8);
            }
        }
        places.sort_unstable_by_key(|place| (place.start, place.end));
        let mut merged: Vec<Range<usize>> = Vec::new();
        for place in places {
            match merged.last_mut() {
                Some(last) if place.start < last.end => last.end = last.end.max(place.end),
                _ => merged.push(place),
            }
        }
        merged
    }

    /// The event without secrets. Only the bytes of [`Event::Output`] stay: they are masked when they make a line.
    pub(super) fn event(&self, event: Event) -> Event {
        if self.values.is_empty() {
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
            Event::ArtifactSaved { target, source, path } => Event::ArtifactSaved {
                target: self.shared(&target),
                source: self.owned(&source),
                path: match self.apply(&path.to_string_lossy()) {
                    Cow::Owned(masked) => PathBuf::from(masked),
                    Cow::Borrowed(_) => path,
                },
            },
            Event::Note(text) => Event::Note(self.owned(&text)),
            Event::Summary(summary) => Event::Summary(Arc::new(self.summary(&summary))),
            Event::Finished { outcome, took } => Event::Finished { outcome, took },
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

    #[test]
    fn secrets_are_masked_wherever_they_are() {
        let check = |secrets: &[&str], text: &str, expect: &str| {
            assert_eq!(Masks::new(secrets).line(text), expect, "{secrets:?} in {text:?}");
        };
        check(&[], "token", "token");
        check(&["hunter2"], "password=hunter2;", "password=***;");
        check(&["hunter2\n"], "hunter2hunter2", "******");
        check(&["abc"], "abc is too short to be a secret", "abc is too short to be a secret");
        check(&["first line\n  key: 12345\n}\n"], "got key: 12345 and first line }", "got *** and *** }");
        check(&["abcd", "cdef"], "abcdef", "***");
        check(&["pass", "password"], "password", "***");
        check(&["aaaa"], "aaaaaa", "***");
        check(&["hunter2"], "\x1b[31mhun\x1b[32mter2\x1b[0m!", "***!");
        check(&["hunter2"], "\x1b[31mhunter2\x1b[0m!", "\x1b[31m***\x1b[0m!");
        check(&["größe"], "die größe", "die ***");
    }

    #[test]
    fn a_cut_spares_secrets() {
        let masks = Masks::new(["hunter2"]);
        assert_eq!(masks.cut("ab hunter2", 5), 3);
        assert_eq!(masks.cut("ab hunter2", 2), 2);
        assert_eq!(masks.cut("hunter2 ab", 5), 7);
        assert_eq!(masks.longest(), 7);
    }
}
