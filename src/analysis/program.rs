//! What a Buildfile means before anything runs: commands with their flags read and checked, words split into what is literal
//! and what `$` will bring.

mod docker;
mod flow;
mod import;

pub use docker::{Load, WithDocker};
pub use flow::{Branch, For, If, Question, Try};
pub use import::Import;

use super::features::Features;
use super::reference::TargetRef;
use super::template::Template;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use crate::syntax::ast::{Docs, Name};
use indexmap::IndexMap;

/// One file, understood.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The file that it was read from.
    pub file: FileId,
    /// What its `VERSION` line turns on.
    pub features: Features,
    /// The base recipe.
    pub base: Recipe,
    /// Targets by name, in the order of the file.
    pub targets: IndexMap<String, Target>,
    /// Functions by name, in the order of the file.
    pub functions: IndexMap<String, Target>,
}

/// A target or a function.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name and where the header stands.
    pub name: Name,
    /// The comment above it.
    pub docs: Option<Docs>,
    /// What it does.
    pub recipe: Recipe,
}

/// Steps in order.
pub type Recipe = Vec<Step>;

/// One command of a recipe.
#[derive(Debug, Clone)]
pub struct Step {
    /// The whole command.
    pub span: Span,
    /// The command as written, on one line (white space folded): what progress shows.
    pub text: String,
    /// Its meaning.
    pub kind: StepKind,
}

/// The meaning of a command.
#[derive(Debug, Clone)]
pub enum StepKind {
    /// `FROM`
    From(From),
    /// `FROM DOCKERFILE`
    FromDockerfile(FromDockerfile),
    /// `LOCALLY`
    Locally,
    /// `RUN`
    Run(Run),
    /// `COPY` from the build context
    CopyContext(CopyContext),
    /// `COPY` of artifacts of other targets
    CopyArtifacts(CopyArtifacts),
    /// `SAVE ARTIFACT`
    SaveArtifact(SaveArtifact),
    /// `SAVE IMAGE`
    SaveImage(SaveImage),
    /// `BUILD`
    Build(Build),
    /// `ARG`
    Arg(Arg),
    /// `LET`
    Let(Assignment),
    /// `SET`
    Set(Assignment),
    /// `ENV`
    Env(Assignment),
    /// `WORKDIR`
    Workdir(Template),
    /// `USER`
    User(Template),
    /// `CMD`
    Cmd(CommandLine),
    /// `ENTRYPOINT`
    Entrypoint(CommandLine),
    /// `EXPOSE`
    Expose(Vec<Template>),
    /// `LABEL`
    Label(Vec<(Template, Template)>),
    /// `VOLUME`
    Volume(Vec<Template>),
    /// `HEALTHCHECK`
    Healthcheck(Healthcheck),
    /// `SHELL`: a program and its arguments, at least the program.
    Shell(Vec<String>),
    /// `STOPSIGNAL`
    Stopsignal(Template),
    /// `CACHE`
    Cache(Cache),
    /// `DO`: the call of a function.
    Do(Call),
    /// `IMPORT`
    Import(Import),
    /// `HOST`
    Host(Host),
    /// `WITH DOCKER`, with the `RUN` inside.
    WithDocker(Box<WithDocker>),
    /// `GIT CLONE`
    GitClone(GitClone),
    /// `PROJECT`: kept for nothing but its check.
    Project,
    /// Something that cannot be built yet: what to say where it is reached.
    Unsupported(Vec<Diagnostic>),
    /// `IF … END`
    If(If),
    /// `FOR … END`
    For(For),
    /// `WAIT … END`
    Wait(Recipe),
    /// `TRY … END`
    Try(Try),
}

impl StepKind {
    /// The recipes inside of a block, in order; none of a plain command.
    #[must_use]
    pub fn recipes(&self) -> Vec<&Recipe> {
        match self {
            Self::If(block) => block.branches.iter().map(|branch| &branch.body).chain([&block.otherwise]).collect(),
            Self::For(block) => vec![&block.body],
            Self::Wait(body) => vec![body],
            Self::Try(block) => vec![&block.body, &block.catch, &block.finally],
            _ => Vec::new(),
        }
    }
}

/// Every step of a recipe, those inside of blocks too, in the order of the file.
#[must_use]
pub fn all_steps(recipe: &Recipe) -> Vec<&Step> {
    let mut all = Vec::new();
    // Parsing bounds the depth of blocks.
    for step in recipe {
        all.push(step);
        all.extend(step.kind.recipes().into_iter().flat_map(all_steps));
    }
    all
}

/// A value that is known now, or one that must be expanded and read later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Late<T> {
    /// Read and checked.
    Known(T),
    /// Holds a `$`: expand, then read with the function that belongs to the type.
    Expand(Template),
}

/// A flag that may hold a value: `--push`, `--push=false`, `--push=$X`.
pub type Flag = Late<bool>;

/// Arguments for another target or function: `--key=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildArg {
    /// The name, which is literal.
    pub name: String,
    /// The value; `None` (from `--build-arg name`): the current value of that name.
    pub value: Option<Template>,
    /// Where it stands.
    pub span: Span,
}

/// A target or a function, what it is given, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which one.
    pub target: Late<TargetRef>,
    /// Where the reference stands.
    pub span: Span,
    /// Its arguments in order.
    pub args: Vec<BuildArg>,
    /// `--pass-args`
    pub pass_args: bool,
    /// `--allow-privileged`
    pub allow_privileged: bool,
}

/// `FROM`
#[derive(Debug, Clone)]
pub struct From {
    /// `--platform`
    pub platform: Option<Template>,
    /// What to start from.
    pub source: FromSource,
}

/// What `FROM` names.
#[derive(Debug, Clone)]
pub enum FromSource {
    /// An image name, or `scratch`. With a `$` it may expand to a target reference (it then holds `+`).
    Image(Template),
    /// Another target's final state.
    Target(Call),
}

/// `FROM DOCKERFILE`
#[derive(Debug, Clone)]
pub struct FromDockerfile {
    /// `-f`; by default `Dockerfile` in the context.
    pub file: Option<DockerPath>,
    /// `--target`: a stage.
    pub target: Option<Template>,
    /// `--platform`
    pub platform: Option<Template>,
    /// The build context: a directory.
    pub context: DockerPath,
    /// Values for the `ARG`s of the Dockerfile, and of the context's target.
    pub args: Vec<BuildArg>,
    /// `--allow-privileged`
    pub allow_privileged: bool,
}

/// A place that `FROM DOCKERFILE` names.
#[derive(Debug, Clone)]
pub enum DockerPath {
    /// A path relative to the directory of the Buildfile. With a `$` it may expand to an artifact reference (it then holds `+`).
    Local(Template),
    /// A path in another target's artifacts.
    Artifact(ArtifactCall),
}

impl DockerPath {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Local(template) => template.span,
            Self::Artifact(artifact) => artifact.call.span,
        }
    }

    /// The target that it calls.
    #[must_use]
    pub fn call(&self) -> Option<&Call> {
        match self {
            Self::Local(_) => None,
            Self::Artifact(artifact) => Some(&artifact.call),
        }
    }
}

/// A command line in one of its two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandLine {
    /// For a shell; words joined by one space, quotes kept. For `RUN` it is passed on as it is.
    Shell(Template),
    /// Exact arguments, not expanded.
    Exec(Vec<String>),
}

/// `RUN`
#[derive(Debug, Clone)]
pub struct Run {
    /// What runs. The shell form's text is opaque: its template is one literal part.
    pub command: CommandLine,
    /// `--no-cache`
    pub no_cache: Flag,
    /// `--push`
    pub push: Flag,
    /// `--privileged`
    pub privileged: Flag,
    /// `--entrypoint`: prefix the image's entry point.
    pub entrypoint: Flag,
    /// `--ssh`
    pub ssh: Flag,
    /// `--network`: the only value so far is `none`.
    pub network_none: bool,
    /// `--secret`, in order.
    pub secrets: Vec<Late<Option<SecretSpec>>>,
    /// `--mount`, in order.
    pub mounts: Vec<Late<MountSpec>>,
    /// `--interactive`
    pub interactive: Flag,
    /// `--interactive-keep`
    pub interactive_keep: Flag,
    /// `--raw-output`
    pub raw_output: Flag,
}

/// `--secret [ENV=]id`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretSpec {
    /// The variable that gets the value.
    pub env: String,
    /// The secret's id.
    pub id: String,
}

/// `--mount type=…`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountSpec {
    /// What is mounted.
    pub kind: MountKind,
    /// `target`: an absolute path, or one relative to the working directory.
    pub target: String,
    /// `ro` or `readonly`
    pub readonly: bool,
    /// `mode` or `chmod`: permission bits.
    pub mode: Option<u32>,
}

/// Kinds of mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountKind {
    /// `type=cache`
    Cache {
        /// `id`
        id: Option<String>,
        /// `sharing`
        sharing: Sharing,
    },
    /// `type=tmpfs`
    Tmpfs,
    /// `type=secret`
    Secret {
        /// `id`; by default the target.
        id: String,
    },
}

/// Who may use a cache at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sharing {
    /// One step at a time.
    #[default]
    Locked,
    /// Any number of steps at once.
    Shared,
    /// Each step that runs at the same time gets a directory of its own.
    Private,
}

/// What all forms of `COPY` share.
#[derive(Debug, Clone)]
pub struct CopyOptions {
    /// The last word.
    pub dest: Template,
    /// `--dir`: copy the directories themselves, not their contents.
    pub dir: bool,
    /// `--chown user[:group]`
    pub chown: Option<Template>,
    /// `--chmod octal`
    pub chmod: Option<Template>,
    /// `--keep-ts`
    pub keep_ts: bool,
    /// `--keep-own`
    pub keep_own: bool,
    /// `--if-exists`
    pub if_exists: bool,
    /// `--symlink-no-follow`
    pub no_follow: bool,
}

/// `COPY` from the build context.
#[derive(Debug, Clone)]
pub struct CopyContext {
    /// Paths and patterns, relative to the Buildfile's directory. A source that expands to a text with `+` is an artifact reference.
    pub sources: Vec<Template>,
    /// Heredocs among the sources, in order: name and text (1.0).
    pub texts: Vec<(String, Template)>,
    /// The rest.
    pub options: CopyOptions,
    /// `--exclude` (1.0)
    pub exclude: Vec<Template>,
    /// `--parents` (1.0)
    pub parents: bool,
}

/// `COPY` of other targets' artifacts.
#[derive(Debug, Clone)]
pub struct CopyArtifacts {
    /// What to copy, in order.
    pub sources: Vec<ArtifactCall>,
    /// `--platform`
    pub platform: Option<Template>,
    /// The rest.
    pub options: CopyOptions,
}

/// One artifact of one target.
#[derive(Debug, Clone)]
pub struct ArtifactCall {
    /// The target and its arguments.
    pub call: Call,
    /// The path inside the target's artifacts, beginning with `/`; may hold wildcards.
    pub path: Template,
}

/// `SAVE ARTIFACT`
#[derive(Debug, Clone)]
pub struct SaveArtifact {
    /// The path or pattern in the target's file system.
    pub source: Template,
    /// Where it goes in the artifact tree; by default `./`.
    pub dest: Option<Template>,
    /// `AS LOCAL`
    pub local: Option<Template>,
    /// `--keep-ts`
    pub keep_ts: bool,
    /// `--keep-own`
    pub keep_own: bool,
    /// `--if-exists`
    pub if_exists: bool,
    /// `--symlink-no-follow`
    pub no_follow: bool,
    /// `--force`: the local path may lie outside the Buildfile's directory.
    pub force: bool,
    /// The comment above it.
    pub docs: Option<Docs>,
}

/// `SAVE IMAGE`
#[derive(Debug, Clone)]
pub struct SaveImage {
    /// The image's names; none is the old form that only hints at caching.
    pub names: Vec<Template>,
    /// `--push`
    pub push: bool,
    /// `--insecure`: push over plain http.
    pub insecure: bool,
    /// `--no-manifest-list`
    pub no_manifest_list: bool,
    /// `--without-earthly-labels`
    pub without_labels: bool,
    /// The comment above it.
    pub docs: Option<Docs>,
}

/// `BUILD`
#[derive(Debug, Clone)]
pub struct Build {
    /// `--platform`, repeated for several.
    pub platforms: Vec<Template>,
    /// The target; a repeated argument makes a matrix.
    pub call: Call,
}

/// `ARG`
#[derive(Debug, Clone)]
pub struct Arg {
    /// The name.
    pub name: Name,
    /// What follows `=`.
    pub default: Option<Template>,
    /// `--required`
    pub required: bool,
    /// `--global`
    pub global: bool,
    /// The comment above it.
    pub docs: Option<Docs>,
}

/// `LET`, `SET`, `ENV`
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Template,
}

/// `HEALTHCHECK`
#[derive(Debug, Clone)]
pub enum Healthcheck {
    /// `NONE`
    None,
    /// `CMD`
    Cmd {
        /// The probe.
        command: CommandLine,
        /// `--interval`
        interval: Option<std::time::Duration>,
        /// `--timeout`
        timeout: Option<std::time::Duration>,
        /// `--start-period`
        start_period: Option<std::time::Duration>,
        /// `--start-interval`
        start_interval: Option<std::time::Duration>,
        /// `--retries`
        retries: Option<u32>,
    },
}

/// `HOST`
#[derive(Debug, Clone)]
pub struct Host {
    /// The name of the machine.
    pub name: Template,
    /// Its IP address.
    pub address: Template,
}

/// `GIT CLONE`
#[derive(Debug, Clone)]
pub struct GitClone {
    /// The repository's address.
    pub url: Template,
    /// The directory that gets the tree, relative to the working directory.
    pub dest: Template,
    /// `--branch`: a branch, a tag or a commit.
    pub branch: Option<Template>,
    /// `--keep-ts`
    pub keep_ts: bool,
}

/// `CACHE`
#[derive(Debug, Clone)]
pub struct Cache {
    /// The directory; relative to the working directory.
    pub dir: Template,
    /// `--sharing`
    pub sharing: Sharing,
    /// `--chmod`
    pub mode: Option<Template>,
    /// `--id`
    pub id: Option<Template>,
    /// `--persist`
    pub persist: bool,
}
