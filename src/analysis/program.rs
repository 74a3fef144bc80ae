//! What a Buildfile means before anything runs: commands with their flags read and checked, words split into what is literal
//! and what `$` will bring.

mod call;
mod copy;
mod docker;
mod flow;
mod from;
mod import;
mod run;
mod save;
mod variable;

pub use call::{ArtifactCall, BuildArg, Call, Passing};
pub use copy::{Add, CopyArtifacts, CopyContext, CopyOptions};
pub use docker::{Load, WithDocker};
pub use flow::{Branch, For, If, Question, Try};
pub use from::{DockerPath, From, FromDockerfile, FromSource};
pub use import::Import;
pub use run::{Cache, MountKind, MountSpec, Run, SecretSpec, Sharing};
pub use save::{SaveArtifact, SaveImage};
pub use variable::{Arg, Assignment};

use super::features::Features;
use super::template::Template;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use crate::syntax::ast::{Docs, Name};
use indexmap::IndexMap;
use std::time::Duration;

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
    /// `ADD`
    Add(Add),
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
    /// Something that rbuild has not: what to say where it is reached.
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

/// A command line in one of its two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandLine {
    /// For a shell; words joined by one space, quotes kept. For `RUN` it is passed on as it is.
    Shell(Template),
    /// Exact arguments, not expanded.
    Exec(Vec<String>),
}

/// `BUILD`
#[derive(Debug, Clone)]
pub struct Build {
    /// `--platform`, repeated for several.
    pub platforms: Vec<Template>,
    /// The target; a repeated argument makes a matrix.
    pub call: Call,
}

/// `HEALTHCHECK`
#[derive(Debug, Clone)]
pub enum Healthcheck {
    /// `NONE`
    None,
    /// `CMD`
    Cmd(Box<Probe>),
}

/// How a container of the image is checked.
#[derive(Debug, Clone)]
pub struct Probe {
    /// What runs.
    pub command: CommandLine,
    /// `--interval`
    pub interval: Option<Late<Duration>>,
    /// `--timeout`
    pub timeout: Option<Late<Duration>>,
    /// `--start-period`
    pub start_period: Option<Late<Duration>>,
    /// `--start-interval`
    pub start_interval: Option<Late<Duration>>,
    /// `--retries`
    pub retries: Option<Late<u32>>,
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
