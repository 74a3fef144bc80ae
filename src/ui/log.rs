//! Keeps all that each step prints, in a file of its own.

use super::mask::Masks;
use super::output::{Line, Output};
use crate::digest::VertexId;
use crate::event::{Event, Step, StepState};
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Columns of a target's name in the name of a file.
const LONGEST_NAME: usize = 60;

/// Writes the logs of one invocation: `<directory>/<target>-<line>-<id>.log`.
///
/// What a step prints stays as it is, escapes included; only secrets read `***`, and what is no UTF-8 reads `U+FFFD`.
#[derive(Debug)]
pub(super) struct Logs {
    /// `None`: nothing is kept.
    dir: Option<PathBuf>,
    masks: Masks,
    output: Output,
    files: HashMap<VertexId, Log>,
}

/// The log of a step that has printed something.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    /// Open while the step runs.
    file: Option<File>,
}

impl Logs {
    /// Logs in this directory, which is made when the first step prints something.
    pub(super) fn new(dir: Option<PathBuf>, masks: Masks) -> Self {
        Self { dir, output: Output::new(masks.clone()), masks, files: HashMap::new() }
    }

    /// Writes what an event brings, and adds to a failure where its log is. Gives what the user should know, once: a log that cannot be
    /// written stops no build.
    pub(super) fn take(&mut self, event: &mut Event) -> Option<String> {
        self.dir.as_ref()?;
        let written = match event {
            Event::Output { step, stream, bytes } => {
                let lines = self.output.feed(step.id, *stream, bytes);
                self.write(step, &lines)
            }
            Event::Step { step, state } if state.is_over() => {
                let rest: Vec<Line> = self.output.end(step.id).into_iter().map(|(_, line)| line).collect();
                let written = self.write(step, &rest);
                if let Some(log) = self.files.get_mut(&step.id) {
                    log.file = None;
                    if let StepState::Failed { failure, .. } = state {
                        Arc::make_mut(failure).log = Some(log.path.clone());
                    }
                }
                written
            }
            _ => Ok(()),
        };
        written.err().map(|error| {
            // What is not whole is not named.
            if let Event::Output { step, .. } | Event::Step { step, .. } = event {
                self.files.remove(&step.id);
            }
            let dir = self.dir.take().unwrap_or_default();
            format!("what steps print is not kept: cannot write to {}: {error}", dir.display())
        })
    }

    /// The files of the steps that printed something.
    pub(super) fn paths(&self) -> BTreeMap<VertexId, PathBuf> {
        self.files.iter().map(|(id, log)| (*id, log.path.clone())).collect()
    }

    fn write(&mut self, step: &Step, lines: &[Line]) -> io::Result<()> {
        let Some(dir) = self.dir.as_deref().filter(|_| !lines.is_empty()) else { return Ok(()) };
        let log =
            self.files.entry(step.id).or_insert_with(|| Log { path: dir.join(name(step, &self.masks)), file: None });
        let file = match &mut log.file {
            Some(file) => file,
            None => log.file.insert(open(dir, &log.path)?),
        };
        let text: String =
            lines.iter().flat_map(|line| [line.text.as_str(), if line.ended { "\n" } else { "" }]).collect();
        file.write_all(text.as_bytes())
    }
}

fn open(dir: &Path, path: &Path) -> io::Result<File> {
    fs::create_dir_all(dir)?;
    OpenOptions::new().create(true).append(true).open(path)
}

/// The name of a step's log: what people look for first, then what tells it from all others.
fn name(step: &Step, masks: &Masks) -> String {
    let target = masks.apply(&step.target);
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '.');
    let words: Vec<&str> = target.split(|character| !plain(character)).filter(|word| word.contains(plain)).collect();
    let mut target = words.join("-").trim_start_matches(['.', '-']).to_owned();
    target.truncate(LONGEST_NAME);
    format!("{target}-{}-{}.log", step.location.line, step.id.short())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Cause;
    use crate::ui::script::{done, fails, says, step};

    fn failed(logs: &mut Logs, mut event: Event) -> Option<PathBuf> {
        assert_eq!(logs.take(&mut event), None);
        match event {
            Event::Step { state: StepState::Failed { failure, .. }, .. } => failure.log.clone(),
            other => panic!("{other:?} is no failure"),
        }
    }

    #[test]
    fn a_step_has_a_file_with_all_that_it_printed() {
        let place = tempfile::tempdir().unwrap();
        let dir = place.path().join("logs/1");
        let mut logs = Logs::new(Some(dir.clone()), Masks::new(["hunter2"]));
        let (run, quiet) = (step("./api+test --x=1", "RUN make", 12), step("+b", "RUN true", 1));
        for mut event in [says(&run, "one hun"), says(&run, "ter2\n\x1b[31mtwo\x1b[0m\nend"), done(&quiet, 1)] {
            assert_eq!(logs.take(&mut event), None);
        }
        let told = |step| fails(step, 1, Cause::ExitCode(1), &[], None);
        let path = failed(&mut logs, told(&run)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one ***\n\x1b[31mtwo\x1b[0m\nend");
        assert!(path.file_name().unwrap().to_str().unwrap().starts_with("api-test-x-1-12-"), "{path:?}");
        assert_eq!(failed(&mut logs, told(&quiet)), None, "it printed nothing");
        assert_eq!(logs.paths(), [(run.id, path.clone())].into());
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
        // A step that is tried again goes on in its file.
        assert_eq!(logs.take(&mut says(&run, "again\n")), None);
        assert_eq!(fs::read_to_string(&path).unwrap(), "one ***\n\x1b[31mtwo\x1b[0m\nendagain\n");
    }

    #[test]
    fn names_hold_no_secret_and_no_path() {
        let masks = Masks::new(["hunter2"]);
        let check = |target: &str, expected: &str| {
            let name = name(&step(target, "RUN x", 3), &masks);
            assert!(name.starts_with(expected) && name.ends_with(".log") && !name.contains('/'), "{name}");
        };
        check("+test", "test-3-");
        check("../../etc+x --token=hunter2", "etc-x-token-3-");
        check("github.com/o/r:v1+t", "github.com-o-r-v1-t-3-");
        check(&format!("+{}", "long".repeat(40)), &format!("{}-3-", "long".repeat(15)));
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_said_once() {
        let place = tempfile::NamedTempFile::new().unwrap();
        let mut logs = Logs::new(Some(place.path().join("logs")), Masks::default());
        let run = step("+a", "RUN make", 1);
        let said = logs.take(&mut says(&run, "x\n")).unwrap();
        assert!(said.starts_with("what steps print is not kept: cannot write to "), "{said}");
        assert_eq!(logs.take(&mut says(&run, "y\n")), None);
        assert!(logs.paths().is_empty());
    }
}
