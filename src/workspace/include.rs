//! The sources of COPY: which part of a context is sent.

use super::glob::{Glob, PatternError};
use crate::path::clean;

/// Why a source has no meaning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IncludeError {
    /// It leads out of the context.
    #[error("`{source_text}` leads out of the build context")]
    Outside {
        /// What was written.
        source_text: String,
    },
    /// Its wildcards are malformed.
    #[error("`{source_text}` is no pattern: {error}")]
    Pattern {
        /// What was written.
        source_text: String,
        /// What is wrong with it.
        error: PatternError,
    },
}

/// A source of COPY: a path in the context whose parts may have the wildcards of Go's `filepath.Match`. What it matches is included with all that is below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    text: String,
    parts: Vec<Glob>,
}

impl Include {
    /// Reads a source as it is written in the Buildfile. A leading slash means the root of the context; `.` means all of it.
    ///
    /// # Errors
    /// If it leads out of the context, or if it is malformed.
    pub fn parse(source: &str) -> Result<Self, IncludeError> {
        let cleaned = clean(source);
        let path = cleaned.trim_start_matches('/');
        if path == ".." || path.starts_with("../") {
            return Err(IncludeError::Outside { source_text: source.to_owned() });
        }
        let parts = path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .map(Glob::go)
            .collect::<Result<_, _>>()
            .map_err(|error| IncludeError::Pattern { source_text: source.to_owned(), error })?;
        Ok(Self { text: path.to_owned(), parts })
    }

    /// Exactly one path, and what is below.
    pub(super) fn exact(path: &str) -> Self {
        let parts = path.split('/').filter(|part| !part.is_empty()).map(Glob::exact).collect();
        Self { text: path.to_owned(), parts }
    }

    /// The cleaned text: equal sources have equal text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn parts(&self) -> &[Glob] {
        &self.parts
    }
}

/// How far a set of sources has been matched on the way down to some directory.
#[derive(Debug, Clone)]
pub(super) enum Reach {
    /// Everything here is included.
    All,
    /// These sources go on from here. With none of them, nothing below can be included.
    Some(Vec<usize>),
}

impl Reach {
    /// At the root. No sources at all mean everything, as for BuildKit.
    pub(super) fn root(includes: &[Include]) -> Self {
        if includes.is_empty() || includes.iter().any(|include| include.parts.is_empty()) {
            Self::All
        } else {
            Self::Some((0..includes.len()).collect())
        }
    }

    /// At an entry of a directory of this reach; `depth` is the number of directories above the entry.
    pub(super) fn step(&self, includes: &[Include], depth: usize, name: &str) -> Self {
        let Self::Some(alive) = self else { return Self::All };
        let mut left = Vec::new();
        for &index in alive {
            let parts = &includes[index].parts;
            if parts[depth].matches(name) {
                if parts.len() == depth + 1 {
                    return Self::All;
                }
                left.push(index);
            }
        }
        Self::Some(left)
    }

    pub(super) fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Some(alive) if alive.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_includes_what_it_matches_and_all_below() {
        let check = |sources: &[&str], path: &str, included: bool, entered: bool| {
            let includes: Vec<_> = sources.iter().map(|source| Include::parse(source).unwrap()).collect();
            let mut reach = Reach::root(&includes);
            for (depth, name) in path.split('/').enumerate() {
                reach = reach.step(&includes, depth, name);
            }
            assert_eq!((reach.is_all(), !reach.is_nothing()), (included, entered), "{sources:?} {path}");
        };
        check(&[], "a/b", true, true);
        check(&["."], "a/b", true, true);
        check(&["./"], "a", true, true);
        check(&["/"], "a", true, true);
        check(&["a"], "a", true, true);
        check(&["a"], "a/b/c", true, true);
        check(&["a"], "ab", false, false);
        check(&["./a/b/"], "a", false, true);
        check(&["./a/b/"], "a/b", true, true);
        check(&["a/b"], "a/c", false, false);
        check(&["/a/../b"], "b", true, true);
        check(&["*.go"], "x.go", true, true);
        check(&["*.go"], "d/x.go", false, false);
        check(&["*/x"], "d/x", true, true);
        check(&["d/**"], "d/x", true, true);
        check(&["d/**"], "d", false, true);
        check(&["a/b", "a/c/d"], "a/c", false, true);
        check(&["[a-c]x", "z"], "bx", true, true);
    }

    #[test]
    fn a_source_stays_in_the_context() {
        for source in ["..", "../x", "a/../../x", "./.."] {
            let outside = IncludeError::Outside { source_text: source.to_owned() };
            assert_eq!(Include::parse(source), Err(outside), "{source}");
        }
        assert_eq!(Include::parse("..a/b").unwrap().text(), "..a/b");
        let message = Include::parse("a/[b").unwrap_err().to_string();
        assert_eq!(message, "`a/[b` is no pattern: `[` has no closing `]`");
    }
}
