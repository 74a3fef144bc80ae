//! What a lock stands for, and the name of its file.

use crate::digest::Digest;
use std::fmt;

/// How many characters of the name are kept readable in the file's name.
const READABLE: usize = 40;
/// How many hexadecimal digits of the digest make the file's name unique.
const HASHED: usize = 16;

/// How a lock is held.
///
/// `Exclusive` is the greater one: a request for both takes the lock exclusively.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockMode {
    /// Together with other shared holders.
    Shared,
    /// Alone.
    Exclusive,
}

/// The name of a lock: a kind (`cache`, `slot`) and a name within it. Prints as messages need it: ``cache `gomod` ``.
///
/// Keys have a total order; several locks are always taken in this order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LockKey {
    kind: &'static str,
    name: String,
    /// The stem of its files, where only that is known.
    stem: Option<String>,
}

impl LockKey {
    /// A key. `kind` is a short word of lower-case letters and hyphens; `name` may be any text.
    #[must_use]
    pub fn new(kind: &'static str, name: impl Into<String>) -> Self {
        Self { kind, name: name.into(), stem: None }
    }

    /// A key of which only the stem of its files is known ([`LockKey::file_stem`]); it stands for its name. It excludes the key with
    /// the name, but is not equal to it.
    #[must_use]
    pub fn of_stem(kind: &'static str, stem: impl Into<String>) -> Self {
        let stem = stem.into();
        Self { kind, name: stem.clone(), stem: Some(stem) }
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The name within its kind, as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The stem of the lock's files: readable, safe on every file system (also on those that ignore case), and different for different keys.
    #[must_use]
    pub fn file_stem(&self) -> String {
        if let Some(stem) = &self.stem {
            return stem.clone();
        }
        let readable: String = self
            .name
            .chars()
            .take(READABLE)
            .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' })
            .collect();
        let digest = Digest::of(format!("{}\0{}", self.kind, self.name)).hex();
        format!("{}-{readable}-{}", self.kind, &digest[..HASHED])
    }
}

impl fmt::Display for LockKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stem_is_one_safe_path_component() {
        for name in ["gomod", "a/../../x", "", ".", "é\n\0", &"long".repeat(500)] {
            let stem = LockKey::new("cache", name).file_stem();
            assert!(stem.starts_with("cache-") && stem.len() < 80, "{stem}");
            assert!(stem.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')), "{stem}");
        }
        assert!(LockKey::new("cache", "go/mod").file_stem().starts_with("cache-go_mod-"));
    }

    #[test]
    fn different_keys_have_different_stems() {
        let stems: std::collections::HashSet<_> =
            [("a", "x"), ("a", "X"), ("b", "x"), ("a", "x/"), ("a", "x_"), ("a", "")]
                .into_iter()
                .map(|(kind, name)| LockKey::new(kind, name).file_stem().to_lowercase())
                .collect();
        assert_eq!(stems.len(), 6);
    }

    #[test]
    fn a_key_prints_for_people() {
        assert_eq!(LockKey::new("cache", "gomod").to_string(), "cache `gomod`");
    }
}
