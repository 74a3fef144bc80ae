//! What runs on this machine: the commands behind `LOCALLY`.

use super::Compose;
use super::op::{ExecCommand, InnerImage, Output};
use super::plan::ArtifactShape;
use std::path::PathBuf;

/// A command on this machine, with the user's own files, programs and rights. It has no result, and is never cached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostOp {
    /// Where it happens, absolute.
    pub dir: PathBuf,
    /// What happens.
    pub action: HostAction,
    /// The command of the same recipe that has to have ended before.
    pub after: Option<Output>,
    /// Whose command it is, and the how manieth: two equal commands are two vertices.
    pub place: String,
}

/// What happens on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostAction {
    /// A process.
    Process(HostProcess),
    /// `WITH DOCKER`: a process beside the engine itself.
    Docker(Box<HostDocker>),
    /// Files of a result are written.
    CopyIn(CopyIn),
}

impl HostAction {
    /// Whether it is run for its answer.
    #[must_use]
    pub fn is_question(&self) -> bool {
        matches!(self, Self::Process(HostProcess { keep: Some(_), .. }))
    }
}

/// A process on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostProcess {
    /// What runs.
    pub command: ExecCommand,
    /// Variables on top of those that rbuild itself has, in order, each name once.
    pub env: Vec<(String, String)>,
    /// What it is asked for; `None`: it has to succeed, and nothing is kept of it.
    pub keep: Option<Keep>,
}

/// `WITH DOCKER` on this machine: there is no daemon inside; the engine that builds serves the process as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostDocker {
    /// The process.
    pub process: HostProcess,
    /// Images that the engine's store holds when the process begins, in order of their names.
    pub images: Vec<InnerImage>,
    /// Services that run while the process does.
    pub compose: Option<HostCompose>,
}

/// Docker compose services on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCompose {
    /// What to start; files are those of this machine.
    pub compose: Compose,
    /// What compose calls what it makes. One step uses a name at a time.
    pub project: String,
}

/// What is kept of a process that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// What it prints on standard output; it has to succeed.
    Output,
    /// Its exit code, whatever that is.
    Code,
}

/// Files that are written on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyIn {
    /// A tree that holds just these files, at its root.
    pub tree: Output,
    /// What that is.
    pub shape: ArtifactShape,
    /// Where to, relative to the directory of the step or absolute; a trailing slash means a directory.
    pub dest: String,
    /// Whether a directory itself is copied, and not what it holds.
    pub dir: bool,
    /// Whether nothing to copy is no fault.
    pub if_exists: bool,
}
