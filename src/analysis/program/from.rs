//! `FROM` and `FROM DOCKERFILE`.

use super::{ArtifactCall, Call, Passing};
use crate::analysis::template::Template;
use crate::source::Span;

/// `FROM`
#[derive(Debug, Clone)]
pub struct From {
    /// `--platform`
    pub platform: Option<Template>,
    /// What to start from.
    pub source: FromSource,
    /// How the target is called, where the name of an image turns out to be one.
    pub passing: Passing,
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
    /// How targets are called that make the file or the context. The arguments are for the `ARG`s of the Dockerfile, too.
    pub passing: Passing,
}

impl FromDockerfile {
    /// Whether variables may bring an artifact.
    #[must_use]
    pub fn may_name_an_artifact(&self) -> bool {
        let open = |path: &DockerPath| matches!(path, DockerPath::Local(path) if path.as_literal().is_none());
        self.file.iter().chain([&self.context]).any(open)
    }
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
            Self::Artifact(artifact) => artifact.span(),
        }
    }

    /// The target that it calls.
    #[must_use]
    pub fn call(&self) -> Option<&Call> {
        match self {
            Self::Local(_) => None,
            Self::Artifact(artifact) => artifact.call(),
        }
    }
}
