//! References to targets and artifacts: `+test`, `./api+image`, `github.com/org/repo:v1+lib`, `alias+t/path`.

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
