//! References to targets and artifacts: `+test`, `./api+image`, `github.com/org/repo:v1+lib`, `alias+t/path`.

mod name;
mod parse;

pub use name::{is_function_name, is_target_name};
pub use parse::{ReferenceError, unescape_plus};

/// Which Buildfile a reference means.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// The same file: `+t`, `./+t`.
    Here,
    /// A local directory: beginning with `./`, `../`, `/` or `~/`, cleaned.
    Directory(String),
    /// A git repository: `host/org/repo[/sub][:tag]`.
    Remote(String),
    /// The name that an `IMPORT` gave.
    Alias(String),
}

/// Whether a text holds a wildcard.
#[must_use]
pub fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

impl Place {
    /// Whether it is a pattern, which may mean several files.
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        match self {
            Self::Directory(written) => has_wildcard(written),
            Self::Remote(written) => written.contains('*'),
            Self::Here | Self::Alias(_) => false,
        }
    }
}

/// A target of some Buildfile.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TargetRef {
    /// Which file.
    pub place: Place,
    /// The target's name, without `+`.
    pub target: String,
}

impl std::fmt::Display for TargetRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            Place::Here => write!(f, "+{}", self.target),
            Place::Directory(place) | Place::Remote(place) | Place::Alias(place) => {
                write!(f, "{place}+{}", self.target)
            }
        }
    }
}

/// An artifact of a target of some Buildfile.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArtifactRef {
    /// The target.
    pub target: TargetRef,
    /// The path inside its artifacts, beginning with `/`; may hold wildcards.
    pub path: String,
}

impl std::fmt::Display for ArtifactRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.target, self.path)
    }
}

#[cfg(test)]
#[path = "reference/tests.rs"]
mod tests;
