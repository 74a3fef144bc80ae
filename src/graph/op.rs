//! Operations: the identity of a vertex.

use super::compose::Compose;
use super::dockerfile::{Dockerfile, DockerfileText, LlbOp};
use super::host::{HostAction, HostOp};
use super::image::ImageState;
use crate::digest::{Digest, VertexId};
use crate::platform::Platform;
use std::net::IpAddr;
use std::path::PathBuf;

/// One result of a vertex. Only an [`Exec`] has more than one: index 0 is its root file system, then its mounts that are results ([`MountKind::is_result`]) in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Output {
    /// The vertex.
    pub vertex: VertexId,
    /// Which of its results.
    pub index: u32,
}

/// What a vertex does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// The file system of an image.
    Image(ImageSource),
    /// Files of this machine.
    Local(LocalSource),
    /// A file that the engine fetches.
    Http(HttpSource),
    /// A process in a container.
    Exec(Exec),
    /// Changes to files without a process.
    File(FileOp),
    /// A process in a container that has a Docker daemon of its own.
    Docker(Box<DockerStep>),
    /// A command on this machine.
    Host(Box<HostOp>),
    /// What a Dockerfile's instruction is to the engine.
    Llb(LlbOp),
    /// A Dockerfile that nobody translated; in plans only.
    Dockerfile(Box<Dockerfile>),
}

impl Op {
    /// Whether a process runs: such vertices are counted against the cap on parallel steps.
    #[must_use]
    pub fn is_step(&self) -> bool {
        self.exec().is_some() || matches!(self, Self::Llb(LlbOp { process: Some(_), .. }) | Self::Host(_))
    }

    /// The process that the operation runs in a container; `None` for those of Dockerfiles, which only the engine understands.
    #[must_use]
    pub fn exec(&self) -> Option<&Exec> {
        match self {
            Self::Exec(exec) => Some(exec),
            Self::Docker(step) => Some(&step.exec),
            Self::Image(_)
            | Self::Local(_)
            | Self::Http(_)
            | Self::File(_)
            | Self::Host(_)
            | Self::Llb(_)
            | Self::Dockerfile(_) => None,
        }
    }

    /// Every result that the operation reads, in a fixed order, repeats included.
    #[must_use]
    pub fn inputs(&self) -> Vec<Output> {
        match self {
            Self::Image(_) | Self::Http(_) => Vec::new(),
            Self::Local(local) => local.after.into_iter().collect(),
            Self::Host(host) => {
                let mut inputs: Vec<Output> = host.after.into_iter().collect();
                match &host.action {
                    HostAction::CopyIn(copy) => inputs.push(copy.tree),
                    HostAction::Process(_) => {}
                    HostAction::Docker(docker) => inputs.extend(docker.images.iter().filter_map(InnerImage::input)),
                }
                inputs
            }
            Self::Llb(llb) => llb.inputs.clone(),
            Self::Dockerfile(file) => {
                let text = match file.text {
                    DockerfileText::Artifact { tree, .. } => Some(tree),
                    DockerfileText::Known(_) => None,
                };
                text.into_iter().chain(file.context).collect()
            }
            Self::Exec(exec) => exec.inputs().collect(),
            Self::Docker(step) => step.exec.inputs().chain(step.images.iter().filter_map(InnerImage::input)).collect(),
            Self::File(file) => {
                let actions = file.actions.iter().flat_map(|action| match action {
                    FileAction::Copy(copy) => copy.from.into_iter().chain(copy.owner.as_ref().and_then(|o| o.names_in)),
                    FileAction::Mkfile { .. } => None.into_iter().chain(None),
                    FileAction::Mkdir { owner, .. } => None.into_iter().chain(owner.as_ref().and_then(|o| o.names_in)),
                });
                file.base.into_iter().chain(actions).collect()
            }
        }
    }
}

/// An image of a registry or of the engine's store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSource {
    /// The normal form of the name: `docker.io/library/alpine:3.20`, or with a digest.
    pub reference: String,
    /// Which platform of it.
    pub platform: Platform,
}

/// A file that the engine fetches: a tree of it alone, of mode 0600.
///
/// The engine asks the server whether it is still the same; the digest covers what is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSource {
    /// Its address: `http://…` or `https://…`.
    pub url: String,
    /// What it is called in the tree.
    pub file: String,
    /// The digest that it must have: `sha256:` and 64 hexadecimal digits.
    pub checksum: Option<String>,
}

/// Files of a directory of this machine.
///
/// The digest covers the directory's name and the patterns, not the content: what changed is found when the files are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalSource {
    /// The directory, absolute.
    pub root: PathBuf,
    /// Paths and patterns that are wanted, relative to the root, sorted; `.` is everything.
    pub include: Vec<String>,
    /// Which ignore file of the directory holds.
    pub ignore: IgnoreFile,
    /// What is left out besides, as lines of an ignore file.
    pub exclude: Vec<String>,
    /// A command of this machine that has to have ended before the files are read.
    pub after: Option<Output>,
    /// What is known to have happened to files of this machine before these are read. Equal sources are read once in a build; those
    /// that differ in this are read apart. `None`: nothing.
    pub since: Option<Digest>,
}

/// Which ignore file of a directory holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IgnoreFile {
    /// rbuild's own.
    Own,
    /// The same; where there is none, `.dockerignore`.
    OwnOrDocker,
    /// None: the files are wanted by their names.
    None,
}

/// A process in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exec {
    /// The root file system; `None` is an empty one.
    pub root: Option<Output>,
    /// The image whose environment, user and working directory hold where this operation sets none.
    pub image: Option<VertexId>,
    /// What runs.
    pub command: ExecCommand,
    /// Variables on top of the image's, in order, each name once.
    pub env: Vec<(String, String)>,
    /// Working directory, absolute; `None`: the image's.
    pub workdir: Option<String>,
    /// User (`name`, `uid`, `user:group`); `None`: the image's.
    pub user: Option<String>,
    /// Mounts, in order of their target paths.
    pub mounts: Vec<Mount>,
    /// The network that it sees.
    pub network: Network,
    /// Whether it runs with all capabilities and devices.
    pub privileged: bool,
    /// Lines for `/etc/hosts`.
    pub hosts: Vec<(String, IpAddr)>,
    /// Variables that get a secret's value: name and secret's id.
    pub secret_env: Vec<(String, String)>,
    /// The platform that it runs for.
    pub platform: Platform,
    /// Whether somebody works with it at a terminal. Such a process runs in every build.
    pub interactive: Option<ByHand>,
}

impl Exec {
    /// Every result that it reads, repeats included.
    pub fn inputs(&self) -> impl Iterator<Item = Output> {
        self.root.into_iter().chain(self.mounts.iter().filter_map(Mount::input))
    }
}

/// What becomes of what is changed by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByHand {
    /// It is lost: nothing reads the results.
    Lost,
    /// It is the result.
    Kept,
}

impl ByHand {
    /// The command that asks for it.
    #[must_use]
    pub const fn command(self) -> &'static str {
        match self {
            Self::Lost => "RUN --interactive",
            Self::Kept => "RUN --interactive-keep",
        }
    }
}

/// `WITH DOCKER`: a process beside a Docker daemon that runs in the same container.
///
/// The daemon's published ports are on the process's localhost, the daemon's bind mounts see the process's files, and what the process
/// changes is the vertex's result (index 0; there are no others).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DockerStep {
    /// The process. Of its mounts only caches and secrets are used, and caches are not those of other steps: the engine keeps them apart.
    pub exec: Exec,
    /// Images that the daemon holds when the process begins, in order of their names.
    pub images: Vec<InnerImage>,
    /// Services that run while the process does.
    pub compose: Option<Compose>,
    /// What comes of a process that fails.
    pub on_failure: OnFailure,
}

/// What comes of a [`DockerStep`]'s process that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// The step fails.
    Fail,
    /// The step succeeds and has a result all the same; the engine tells how the process ended. Such a failure is no result that
    /// another build finds.
    Keep,
    /// Somebody gets a shell beside the daemon. The step succeeds, however the process ends, and has no result; the engine tells how the
    /// process ended.
    Attend,
}

/// An image for the daemon of a [`DockerStep`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InnerImage {
    /// The normal form of the name that the daemon knows it by, tag included.
    pub name: String,
    /// Where it comes from.
    pub content: InnerContent,
}

impl InnerImage {
    /// The result that the image is made of.
    fn input(&self) -> Option<Output> {
        match &self.content {
            InnerContent::Built(state) => state.root,
            InnerContent::Pulled(_) => None,
        }
    }
}

/// Where an [`InnerImage`] comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InnerContent {
    /// Another target's result (`--load`).
    Built(Box<ImageState>),
    /// The engine's store, else its registry (`--pull`).
    Pulled(ImageSource),
}

/// The command line of an [`Exec`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecCommand {
    /// `/bin/sh -c` with this text.
    Shell(String),
    /// These arguments, the program first.
    Argv(Vec<String>),
}

impl ExecCommand {
    /// The program and its arguments. `first` is shell text that runs before them, its last `;` included; without any, arguments need no shell.
    #[must_use]
    pub fn argv(&self, first: &str) -> Vec<String> {
        let shell = |text: String| vec!["/bin/sh".to_owned(), "-c".to_owned(), text];
        match self {
            Self::Shell(text) => shell(format!("{first}{text}")),
            Self::Argv(args) if first.is_empty() => args.clone(),
            Self::Argv(args) => {
                let mut wrapped = shell(format!("{first}exec \"$@\""));
                wrapped.push("--".to_owned());
                wrapped.extend(args.iter().cloned());
                wrapped
            }
        }
    }
}

/// The network of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Network {
    /// The engine's default network.
    #[default]
    Default,
    /// Only a loopback device.
    None,
}

/// Something mounted into a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Absolute path in the container.
    pub target: String,
    /// What is there.
    pub kind: MountKind,
}

impl Mount {
    /// The result that the mount reads.
    #[must_use]
    pub fn input(&self) -> Option<Output> {
        match &self.kind {
            MountKind::Bind { input, .. } | MountKind::Writable { base: input } => Some(*input),
            MountKind::Cache { base, .. } => base.as_ref().map(|(output, _)| *output),
            MountKind::Tmpfs | MountKind::Secret { .. } | MountKind::Scratch | MountKind::Ssh => None,
        }
    }
}

/// Kinds of mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountKind {
    /// A directory of another result, read-only.
    Bind {
        /// The result.
        input: Output,
        /// The path in it.
        selector: String,
    },
    /// A directory that outlives the build.
    Cache {
        /// Its name in the engine.
        id: String,
        /// Who may use it at the same time.
        sharing: CacheSharing,
        /// Whether the step may not write to it.
        readonly: bool,
        /// What it holds when it is new, and the path in that; `None`: an empty directory of mode 0755.
        base: Option<(Output, String)>,
    },
    /// Memory.
    Tmpfs,
    /// A secret as a file.
    Secret {
        /// The secret's id.
        id: String,
        /// Permission bits of the file.
        mode: u32,
        /// Whether a secret that is not there is no fault.
        optional: bool,
    },
    /// An empty directory that becomes a result of its own.
    Scratch,
    /// The socket of the user's ssh agent.
    Ssh,
    /// A copy of another result, writable, that becomes a result of its own.
    Writable {
        /// What it holds first.
        base: Output,
    },
}

impl MountKind {
    /// Whether what the step writes there is a result of its own.
    #[must_use]
    pub fn is_result(&self) -> bool {
        matches!(self, Self::Scratch | Self::Writable { .. })
    }
}

/// Who may use a cache directory at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CacheSharing {
    /// Everybody.
    Shared,
    /// Each gets a directory of its own.
    Private,
    /// One after the other.
    Locked,
}

/// Changes to files, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileOp {
    /// What is changed; `None` is an empty file system.
    pub base: Option<Output>,
    /// The changes, in order.
    pub actions: Vec<FileAction>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileAction {
    /// Copies files in.
    Copy(CopyAction),
    /// Makes a directory and its parents.
    Mkdir {
        /// Absolute path.
        path: String,
        /// Permission bits.
        mode: u32,
        /// Who gets it; `None`: root.
        owner: Option<Owner>,
    },
    /// Makes a file of root's, in a directory that is there.
    Mkfile {
        /// Absolute path.
        path: String,
        /// Permission bits.
        mode: u32,
        /// What it holds.
        text: String,
    },
}

/// Copies files from one result into another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyAction {
    /// Where the files are; `None` is an empty file system.
    pub from: Option<Output>,
    /// Absolute path in `from`.
    pub source: String,
    /// Absolute path; a trailing slash means a directory.
    pub dest: String,
    /// Whether `source` is a pattern (Go's `filepath.Match`).
    pub wildcard: bool,
    /// Whether a pattern that matches nothing is no fault.
    pub allow_empty: bool,
    /// Whether the contents of a directory are copied instead of the directory.
    pub dir_contents: bool,
    /// Whether a source that is a link stands for what it points at.
    pub follow_link: bool,
    /// Owner of everything that is copied; `None` keeps it.
    pub owner: Option<Owner>,
    /// Permission bits of everything that is copied; `None` keeps them.
    pub mode: Option<u32>,
    /// Time of everything that is copied, in seconds since 1970; `None` keeps it.
    pub timestamp: Option<i64>,
    /// Whether an archive (tar, also compressed) stands for what it holds.
    pub unpack: bool,
    /// Patterns of an ignore file, relative to a source that is a directory: nothing else is copied, where there are any.
    pub only: Vec<String>,
    /// Patterns of the same kind: what is not copied.
    pub without: Vec<String>,
}

impl CopyAction {
    /// Copies one file or directory as it is.
    #[must_use]
    pub fn new(from: Option<Output>, source: impl Into<String>, dest: impl Into<String>) -> Self {
        Self {
            from,
            source: source.into(),
            dest: dest.into(),
            wildcard: false,
            allow_empty: false,
            dir_contents: false,
            follow_link: false,
            owner: None,
            mode: None,
            timestamp: None,
            unpack: false,
            only: Vec::new(),
            without: Vec::new(),
        }
    }
}

/// Owner and group, by number or by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// A user: a number or a name.
    pub user: String,
    /// A group; empty: the user's number for a numeric user, else the user's name's.
    pub group: String,
    /// The file system whose `/etc/passwd` and `/etc/group` the names are looked up in.
    pub names_in: Option<Output>,
}
