//! Moments of a build: what has happened to files of this machine.

use super::instance::Key;
use crate::digest::Digest;

/// What has happened to files of this machine when evaluation comes to a point of a recipe, as far as the language promises an order:
/// commands that have run there, and files that a `WAIT` has written. What reads files at different moments reads them apart.
///
/// It depends on the recipes, and where several need one target at different moments, on which of them comes first: the target begins at
/// the moment of that one, which may be another one in the next build. Most builds have but the first moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment(Option<Digest>);

impl Moment {
    /// The moment after something has happened in a recipe.
    #[must_use]
    pub fn after(self, recipe: &Key) -> Self {
        Self::of(&[self.hex(), recipe.digest().hex()])
    }

    /// The moment at which both are over.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self.0, other.0) {
            (_, None) => self,
            (None, _) => other,
            (own, of) if own == of => self,
            _ => Self::of(&[self.hex(), other.hex()]),
        }
    }

    /// What sets it apart from the first moment, if anything has happened.
    #[must_use]
    pub fn since(self) -> Option<Digest> {
        self.0
    }

    fn hex(self) -> String {
        self.0.map(|digest| digest.hex()).unwrap_or_default()
    }

    fn of(parts: &[String; 2]) -> Self {
        Self(Some(Digest::of(parts.join("\0"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_differ_by_what_has_happened() {
        let key = |target: &str, args: &[&str]| Key {
            dir: "/project".into(),
            target: target.to_owned(),
            overrides: args.iter().map(|name| ((*name).to_owned(), "1".to_owned())).collect(),
            platform: "linux/amd64".parse().unwrap(),
            trusted: true,
            pushes: false,
        };
        let first = Moment::default();
        let a = key("a", &[]);
        let (one, two) = (first.after(&a), first.after(&a).after(&a));
        let other = first.after(&key("b", &[]));
        let with_args = first.after(&key("a", &["x"]));
        assert_eq!(first.since(), None);
        assert_eq!((one.and(first), first.and(one), one.and(one)), (one, one, one));
        let all = [first, one, two, other, with_args, one.and(other)];
        assert!((1..all.len()).all(|at| !all[..at].contains(&all[at])));
    }
}
