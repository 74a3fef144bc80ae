//! Why a build ended without success.

use crate::diagnostic::Diagnostic;
use crate::engine::EngineError;
use crate::event::{Cause, Failure, Step};
use crate::graph::{FileAction, Graph, Op, Vertex};
use crate::lock::LockError;
use crate::platform::Platform;
use std::sync::Arc;

/// What stopped a build.
#[derive(Debug, Clone)]
pub enum BuildError {
    /// Buildfiles are wrong.
    Buildfile(Vec<Diagnostic>),
    /// Steps failed. They have been reported as events.
    Steps(Vec<Arc<Failure>>),
    /// The engine could not do what was asked.
    Engine(EngineError),
    /// Something on this machine: a file, a directory, a lock.
    Environment {
        /// What went wrong.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// An output could not be written.
    Output {
        /// What went wrong.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// Something else failed, and stopped everything; whoever asked for that tells it.
    Stopped,
    /// The user stopped it.
    Interrupted,
}

impl From<EngineError> for BuildError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<LockError> for BuildError {
    fn from(error: LockError) -> Self {
        let help = matches!(error, LockError::Timeout { .. })
            .then(|| "wait for the holder to end, or allow more time with `--lock-timeout`".to_owned());
        Self::Environment { message: error.to_string(), help }
    }
}

/// Where the files come from that a step copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopySource {
    /// The build context.
    Context,
    /// What another target saved.
    Artifact,
    /// What a Dockerfile copies from.
    Dockerfile,
    /// The state of its own recipe, or it copies nothing.
    State,
}

impl CopySource {
    /// What a vertex copies from.
    #[must_use]
    pub fn of(graph: &Graph, vertex: &Vertex) -> Self {
        let file = match &vertex.op {
            Op::File(file) => file,
            Op::Llb(_) => return Self::Dockerfile,
            _ => return Self::State,
        };
        let from = file.actions.iter().find_map(|action| match action {
            FileAction::Copy(copy) => copy.from,
            FileAction::Mkdir { .. } | FileAction::Mkfile { .. } => None,
        });
        match from.and_then(|from| graph.get(&from.vertex)).map(|vertex| &vertex.op) {
            Some(Op::Local(_)) => Self::Context,
            Some(Op::File(_)) if vertex.options.name.starts_with("COPY") => Self::Artifact,
            _ => Self::State,
        }
    }
}

/// What programs say last when there is no network: words of C libraries, curl, Go, apt, apk, Node.
const NO_NETWORK: [&str; 9] = [
    "temporary failure in name resolution",
    "temporary failure resolving",
    "temporary error (try again later)",
    "could not resolve host",
    "name or service not known",
    "bad address '",
    "network is unreachable",
    "no route to host",
    "getaddrinfo eai_again",
];
/// What they say when a file is not theirs.
const FORBIDDEN: [&str; 2] = ["permission denied", "operation not permitted"];
/// Of the last lines so many are looked at: what was said long before has been coped with.
const TELLING: usize = 10;
/// BuildKit's own line where it throws output away: `[output clipped, log limit 2MiB reached]`.
pub(super) const CLIPPED: &str = "[output clipped, log limit";
const CLIPPED_HELP: &str = "the engine threw away what the step printed beyond its limit: let the step write to a file and print its end, or start the engine with `BUILDKIT_STEP_LOG_MAX_SIZE=-1`";

/// The failure of a step, with what it means for the user.
#[must_use]
pub fn of_step(
    step: &Step,
    source: CopySource,
    error: &EngineError,
    last_output: Vec<String>,
    foreign: Option<&Platform>,
) -> Failure {
    let cause = match error {
        EngineError::Exit(code) => Cause::ExitCode(*code),
        // The roots of contexts and artifact trees are an inner matter.
        EngineError::NotFound { path } if source != CopySource::State => {
            Cause::Message(format!("`{}` was not found", path.trim_start_matches('/')))
        }
        other => Cause::Message(other.to_string()),
    };
    let unable = last_output.iter().any(|line| line.contains("exec format error"))
        || matches!(error, EngineError::Other(message) if message.contains("exec format error"));
    let help = match error {
        _ if disk_is_full(error, &last_output) => Some("the engine's disk is full: `rbuild cache` lists what rbuild keeps there, `rbuild prune` makes room".to_owned()),
        _ if unable => Some(cannot_run(foreign)),
        EngineError::Exit(_) if says_any(&last_output, &NO_NETWORK) => Some(
            "the network could not be reached from the step: check that from the engine's machine, its name server and its proxy; a step with `--network none` has no network".to_owned(),
        ),
        EngineError::Exit(126) => Some("the program is there but cannot be executed: check its mode and its interpreter".to_owned()),
        EngineError::Exit(127) => Some("the program was not found in the container: check its name, PATH, and whether an earlier step installs it".to_owned()),
        EngineError::Exit(137) => Some("the process was killed; often there was not enough memory: run fewer steps at once with `-j`".to_owned()),
        EngineError::Exit(_) if says_any(&last_output, &FORBIDDEN) => Some(
            "a file belongs to somebody else, or has another mode: the step runs as the user that `USER` names; `COPY --chown` and `COPY --chmod` set both".to_owned(),
        ),
        EngineError::NotFound { .. } if source == CopySource::Dockerfile => Some(
            "the path is relative to the build context of `FROM DOCKERFILE`; check it, and whether an ignore file excludes it".to_owned(),
        ),
        EngineError::NotFound { .. } if source == CopySource::Artifact => Some(
            "check the path behind the target's name against what its `SAVE ARTIFACT` commands save, or add `--if-exists`".to_owned(),
        ),
        EngineError::NotFound { path } if path.contains('[') => Some(
            "`[` begins a set of characters; if the name has one, write `\\[`".to_owned(),
        ),
        EngineError::NotFound { .. } if source == CopySource::Context => Some(
            "the path is relative to the Buildfile's directory; check it, and whether an ignore file excludes it, or add `--if-exists`".to_owned(),
        ),
        EngineError::NotFound { .. } => Some("check the path, or add `--if-exists`".to_owned()),
        EngineError::Secret { id } => Some(format!("give it with `--secret {id}=value`, `--secret {id}` (from the environment) or `--secret-file {id}=path`")),
        EngineError::Image { .. } => Some("check the name and the platform; if no registry can be reached, load the image into the engine first (`docker load`, `docker pull`)".to_owned()),
        EngineError::Other(message) if message.contains("max depth exceeded") => Some(
            "the engine's store allows about 125 layers on top of one another: join RUN commands with `&&`".to_owned(),
        ),
        _ => None,
    };
    let help = match (help, last_output.iter().any(|line| line.contains(CLIPPED))) {
        (Some(help), true) => Some(format!("{help}\n{CLIPPED_HELP}")),
        (None, true) => Some(CLIPPED_HELP.to_owned()),
        (help, false) => help,
    };
    Failure { step: step.clone(), cause, last_output, help, log: None }
}

/// The same where the step ran on this machine: neither a container nor the engine has to do with it.
#[must_use]
pub fn on_this_machine(failure: Failure) -> Failure {
    let help = match failure.cause {
        Cause::ExitCode(126) => Some("the program is there but cannot be executed: check its mode and its interpreter"),
        Cause::ExitCode(127) => Some("the program was not found on this machine: check its name and `PATH`"),
        Cause::ExitCode(_) | Cause::Message(_) => None,
    };
    Failure { help: help.map(str::to_owned), ..failure }
}

/// What to do about an engine that cannot run a program; `platform` is what the step was to run for.
fn cannot_run(platform: Option<&Platform>) -> String {
    let Some(platform) = platform else {
        return "the program is for another platform than the engine's: check the platform of the image, and of what is copied into it".to_owned();
    };
    format!(
        "the engine's machine cannot run programs for {platform}: install an emulator there (`docker run --privileged --rm tonistiigi/binfmt --install {}`), or build on a machine of that platform",
        platform.arch
    )
}

/// Whether one of the last lines holds one of these texts, which are in lower case.
fn says_any(last_output: &[String], texts: &[&str]) -> bool {
    let line = |line: &String| {
        let line = line.to_ascii_lowercase();
        texts.iter().any(|text| line.contains(text))
    };
    last_output.iter().rev().take(TELLING).any(line)
}

/// Whether the step or the engine had no room: the words are those of C libraries and of Go.
fn disk_is_full(error: &EngineError, last_output: &[String]) -> bool {
    let says = |text: &str| text.to_ascii_lowercase().contains("no space left on device");
    says(&error.to_string()) || (matches!(error, EngineError::Exit(_)) && last_output.iter().any(|line| says(line)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::{Digest, VertexId};
    use crate::source::Location;
    use crate::trace::Trace;

    fn help(code: i32, said: &[&str]) -> String {
        let step = Step {
            id: VertexId(Digest::of("step")),
            target: "+a".into(),
            name: "RUN it".into(),
            location: Location { file: "Buildfile".into(), line: 1, column: 1 },
            trace: Trace::default(),
            counted: true,
            raw_output: false,
        };
        let said = said.iter().map(|line| (*line).to_owned()).collect();
        of_step(&step, CopySource::State, &EngineError::Exit(code), said, None).help.unwrap_or_default()
    }

    #[test]
    fn exit_codes_and_last_lines_tell_what_to_try() {
        let check = |code: i32, said: &[&str], expect: &str| {
            let help = help(code, said);
            assert!(if expect.is_empty() { help.is_empty() } else { help.contains(expect) }, "{code} {said:?}: {help}");
        };
        check(1, &["FAIL"], "");
        check(126, &[], "cannot be executed");
        check(127, &[], "check its name, PATH");
        check(137, &[], "not enough memory");
        check(6, &["curl: (6) Could not resolve host: example.com"], "the network could not be reached");
        check(1, &["wget: bad address 'example.com'"], "the network could not be reached");
        check(1, &["cp: can't create '/x': Permission denied"], "`COPY --chown`");
        check(1, &[&["no route to host"], ["line"; 10].as_slice()].concat(), "");
        check(1, &["[output clipped, log limit 2MiB reached]"], "BUILDKIT_STEP_LOG_MAX_SIZE");
        check(127, &["[output clipped, log limit 200KiB/s reached]", "end"], "BUILDKIT_STEP_LOG_MAX_SIZE");
    }

    #[test]
    fn a_full_disk_is_seen() {
        let said = ["dd: error writing '/x': No space left on device".to_owned()];
        assert!(disk_is_full(&EngineError::Exit(1), &said));
        assert!(disk_is_full(&EngineError::Other("write /layer: no space left on device".to_owned()), &[]));
        assert!(!disk_is_full(&EngineError::Exit(1), &["no such device".to_owned()]));
        assert!(!disk_is_full(&EngineError::NotFound { path: "x".to_owned() }, &said));
    }
}
