//! What a `VERSION` line turns on.

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

/// The version of a file and the features that it has on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Features {
    /// The version.
    pub version: Version,
}
