//! What a `VERSION` line turns on.

mod line;
mod table;

pub use table::Feature;

use crate::diagnostic::Diagnostic;
use crate::source::Span;
use std::fmt;

/// A version of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// An `Earthfile` without a `VERSION` line.
    V0_5,
    /// `VERSION 0.6`
    V0_6,
    /// `VERSION 0.7`
    V0_7,
    /// `VERSION 0.8`
    V0_8,
    /// `VERSION 1.0`, and a `Buildfile` without a `VERSION` line.
    V1_0,
}

impl Version {
    /// The versions that a `VERSION` line may name.
    pub const WRITABLE: &'static [Self] = &[Self::V0_6, Self::V0_7, Self::V0_8, Self::V1_0];

    /// As it is written: `0.8`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V0_5 => "0.5",
            Self::V0_6 => "0.6",
            Self::V0_7 => "0.7",
            Self::V0_8 => "0.8",
            Self::V1_0 => "1.0",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The version of a file and the features that it has on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Features {
    /// The version.
    pub version: Version,
    /// One bit for each [`Feature`], by its place in the table.
    on: u64,
}

impl Features {
    /// What a version turns on by itself.
    #[must_use]
    pub fn for_version(version: Version) -> Self {
        let mut features = Self { version, on: 0 };
        for &feature in Feature::ALL {
            if feature.comes_with(version) {
                features.enable(feature);
            }
        }
        features
    }

    /// Whether a feature is on.
    #[must_use]
    pub fn has(&self, feature: Feature) -> bool {
        self.on & feature.bit() != 0
    }

    /// Turns a feature on.
    pub fn enable(&mut self, feature: Feature) {
        self.on |= feature.bit();
    }

    /// Whether the file is in the Buildfile dialect, where quirks are fixed.
    #[must_use]
    pub fn buildfile(&self) -> bool {
        self.version >= Version::V1_0
    }

    /// Whether flags may stand behind words that are no flags (`COPY a b --dir`), where that is unambiguous.
    #[must_use]
    pub fn flags_anywhere(&self) -> bool {
        self.buildfile()
    }

    /// The error for something that needs a feature, where the feature is off. `what` is a flag or a command as written.
    #[must_use]
    pub fn gate(&self, feature: Feature, what: &str, span: Span) -> Option<Diagnostic> {
        if self.has(feature) {
            return None;
        }
        let since = feature.since().unwrap_or(Version::V1_0);
        let fault = Diagnostic::error("feature-off", span, format!("`{what}` needs `VERSION {since}` or later"));
        // Without a VERSION line there is no number that a flag could be added to.
        let flag = if self.version == Version::V0_5 { Version::V0_6 } else { self.version };
        if since <= flag {
            return Some(fault.help(format!("write `VERSION {since}`")));
        }
        Some(fault.help(format!("write `VERSION {since}`, or turn it on with `VERSION --{} {flag}`", feature.flag())))
    }
}

#[cfg(test)]
#[path = "features/tests.rs"]
mod tests;
