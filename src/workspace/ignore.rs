//! Ignore files: what is left out of a build context, by the rules of Docker's (moby's `patternmatcher` and `ignorefile`).

use super::IoError;
use super::glob::{Glob, PatternError};
use crate::path::clean;
use std::io;
use std::path::{Path, PathBuf};

/// The names of ignore files. Only one of them may lie beside a Buildfile.
const NAMES: [&str; 3] = [".rbuildignore", ".earthlyignore", ".earthignore"];
/// What FROM DOCKERFILE reads when there is none of those.
const DOCKER_NAME: &str = ".dockerignore";

/// Why there are no rules.
#[derive(Debug, thiserror::Error)]
pub enum IgnoreError {
    /// Two files that mean the same lie side by side.
    #[error("`{first}` and `{second}` lie side by side in `{}`; keep one of them", dir.display())]
    Two {
        /// Where.
        dir: PathBuf,
        /// One of them.
        first: &'static str,
        /// The other one.
        second: &'static str,
    },
    /// A line has no meaning.
    #[error("`{}`, line {line}: `{pattern}` is no pattern: {error}", file.display())]
    Pattern {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the line says.
        pattern: String,
        /// What is wrong with it.
        error: PatternError,
    },
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] IoError),
}

/// The rules of an ignore file. The default ignores nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    /// As cleaned, without `!`.
    pattern: String,
    negated: bool,
    glob: Glob,
    parts: Vec<Part>,
}

/// One part of a pattern between slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    One(Glob),
    /// It holds `**`, so it may stand for any number of parts.
    Deep,
}

/// For each rule, whether it matches a path or a directory above it.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks(Vec<bool>);

impl Ignore {
    /// Reads the ignore file of a directory, if there is one.
    ///
    /// # Errors
    /// If there are two, or if the file cannot be read or has a malformed line.
    pub fn load(dir: &Path) -> Result<Self, IgnoreError> {
        Ok(Self::load_ours(dir)?.unwrap_or_default())
    }

    /// Reads the ignore file of FROM DOCKERFILE's context: ours if there is one, else `.dockerignore`.
    ///
    /// # Errors
    /// As [`Ignore::load`].
    pub fn load_for_dockerfile(dir: &Path) -> Result<Self, IgnoreError> {
        match Self::load_ours(dir)? {
            Some(rules) => Ok(rules),
            None => Ok(Self::load_file(&dir.join(DOCKER_NAME))?.unwrap_or_default()),
        }
    }

    fn load_ours(dir: &Path) -> Result<Option<Self>, IgnoreError> {
        let mut found = None;
        for name in NAMES {
            if let Some(rules) = Self::load_file(&dir.join(name))? {
                if let Some((first, _)) = found {
                    return Err(IgnoreError::Two { dir: dir.to_owned(), first, second: name });
                }
                found = Some((name, rules));
            }
        }
        Ok(found.map(|(_, rules)| rules))
    }

    fn load_file(file: &Path) -> Result<Option<Self>, IgnoreError> {
        match std::fs::read(file) {
            Ok(text) => Self::parse(&String::from_utf8_lossy(&text), file).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(IoError::on("read", file)(error).into()),
        }
    }

    /// Reads the text of an ignore file. `file` is named in errors.
    ///
    /// # Errors
    /// If a line is malformed.
    pub fn parse(text: &str, file: &Path) -> Result<Self, IgnoreError> {
        let mut rules = Vec::new();
        for (number, line) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
            // only a `#` in the first column begins a comment
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            rules.push(Rule::parse(line.trim()).map_err(|error| IgnoreError::Pattern {
                file: file.to_owned(),
                line: number + 1,
                pattern: line.trim().to_owned(),
                error,
            })?);
        }
        Ok(Self { rules })
    }

    /// With more rules behind those so far, each as a line of an ignore file.
    ///
    /// # Errors
    /// If one is malformed.
    pub fn and(mut self, lines: &[String]) -> Result<Self, PatternError> {
        for line in lines {
            self.rules.push(Rule::parse(line)?);
        }
        Ok(self)
    }

    /// The rules as text, cleaned: equal rules give equal text.
    #[must_use]
    pub fn patterns(&self) -> Vec<String> {
        self.rules.iter().map(|rule| format!("{}{}", if rule.negated { "!" } else { "" }, rule.pattern)).collect()
    }

    /// Whether a path, relative to the root and clean, is left out.
    #[must_use]
    pub fn excludes(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let mut marks = Marks::default();
        for end in ends {
            marks = self.mark(&marks, &path[..end]);
        }
        self.verdict(&marks)
    }

    /// Marks the rules that match a path, given those that match its parent. The default is for the root.
    pub(super) fn mark(&self, parent: &Marks, path: &str) -> Marks {
        let inherited = |index: usize| parent.0.get(index).copied().unwrap_or(false);
        Marks(self.rules.iter().enumerate().map(|(i, rule)| inherited(i) || rule.glob.matches(path)).collect())
    }

    /// Whether a path with these marks is left out: the last rule wins.
    pub(super) fn verdict(&self, marks: &Marks) -> bool {
        self.rules.iter().zip(&marks.0).rev().find(|(_, marked)| **marked).is_some_and(|(rule, _)| !rule.negated)
    }

    /// Whether a `!` rule may take something back in that is below a directory that is left out.
    pub(super) fn may_include_below(&self, dir: &str) -> bool {
        self.rules.iter().any(|rule| rule.negated && rule.may_match_below(dir))
    }
}

impl Rule {
    fn parse(line: &str) -> Result<Self, PatternError> {
        let (negated, pattern) = match line.strip_prefix('!') {
            Some(rest) => (true, rest.trim()),
            None => (false, line),
        };
        if pattern.is_empty() {
            return Err(PatternError::LoneNegation);
        }
        let cleaned = clean(pattern);
        let pattern = cleaned.strip_prefix('/').filter(|rest| !rest.is_empty()).unwrap_or(&cleaned).to_owned();
        let glob = Glob::ignore(&pattern)?;
        let parts = pattern
            .split('/')
            .map(|part| match Glob::go(part) {
                Ok(glob) if !part.contains("**") => Part::One(glob),
                // a slash inside of a class splits it in two, and what that is need not be known exactly
                _ => Part::Deep,
            })
            .collect();
        Ok(Self { pattern, negated, glob, parts })
    }

    fn may_match_below(&self, dir: &str) -> bool {
        let mut parts = self.parts.iter();
        for name in dir.split('/') {
            match parts.next() {
                None => return false,
                Some(Part::Deep) => return true,
                Some(Part::One(glob)) if !glob.matches(name) => return false,
                Some(Part::One(_)) => {}
            }
        }
        parts.next().is_some()
    }
}

#[cfg(test)]
#[path = "ignore_tests.rs"]
mod tests;
