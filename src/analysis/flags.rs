//! Flags of commands: each command lists its own once, and everything else follows from the list.

mod found;
mod parse;

pub(super) use found::Found;
pub(super) use parse::parse;

use super::features::Feature;

/// One flag that a command has.
#[derive(Debug, Clone, Copy)]
pub(super) struct FlagSpec {
    /// The name without dashes.
    pub(super) name: &'static str,
    /// The short form: `f` of `-f`.
    short: Option<char>,
    /// Whether a value follows.
    takes_value: bool,
    /// The feature that it needs.
    feature: Option<Feature>,
    /// Whether it is known, but cannot be built yet.
    unsupported: bool,
    /// What to do instead of using it, where rbuild has it not.
    refused: Option<&'static str>,
}

impl FlagSpec {
    /// A flag that is there or not: `--push`, also `--push=true` and `--push=false`.
    pub(super) const fn switch(name: &'static str) -> Self {
        Self { name, short: None, takes_value: false, feature: None, unsupported: false, refused: None }
    }

    /// A flag with a value: `--platform=x`, `--platform x`.
    pub(super) const fn value(name: &'static str) -> Self {
        Self { takes_value: true, ..Self::switch(name) }
    }

    /// With a short form.
    pub(super) const fn short(self, short: char) -> Self {
        Self { short: Some(short), ..self }
    }

    /// Needs a feature.
    pub(super) const fn needs(self, feature: Feature) -> Self {
        Self { feature: Some(feature), ..self }
    }

    /// Cannot be built yet: its use is an error.
    pub(super) const fn unsupported(self) -> Self {
        Self { unsupported: true, ..self }
    }

    /// Is not there: its use is an error, which says what to do instead.
    pub(super) const fn refused(self, help: &'static str) -> Self {
        Self { refused: Some(help), ..self }
    }
}

/// Where flags may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// In front of the first other word.
    First,
    /// Anywhere in front of `--`, from `VERSION 1.0` on; before, in front of the first other word.
    Anywhere,
}

#[cfg(test)]
#[path = "flags/tests.rs"]
mod tests;
