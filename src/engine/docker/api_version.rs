//! Versions of Docker's API, and the one to speak with an engine.

use std::fmt;

/// The newest version that this client knows, bollard's own.
const NEWEST: ApiVersion = ApiVersion { major: 1, minor: 53 };
/// The version of Docker 20.10, the oldest engine that is supported.
const OLDEST: ApiVersion = ApiVersion { major: 1, minor: 41 };

/// A version of the API, `1.41`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion {
    major: u32,
    minor: u32,
}

/// Why there is no version that both sides speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoVersion {
    /// The engine ends below Docker 20.10.
    EngineTooOld,
    /// The engine starts above what this client knows.
    ClientTooOld,
}

impl ApiVersion {
    /// Reads `1.41`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? })
    }

    /// The newest version that both sides speak, of an engine that speaks all versions from `least` to `most`.
    pub(super) fn common(least: Option<Self>, most: Self) -> Result<Self, NoVersion> {
        if most < OLDEST {
            return Err(NoVersion::EngineTooOld);
        }
        if least.is_some_and(|least| least > NEWEST) {
            return Err(NoVersion::ClientTooOld);
        }
        Ok(most.min(NEWEST))
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_common_version_is_spoken() {
        for (least, most, expected) in [
            ("1.12", "1.41", Ok("1.41")),
            ("1.24", "1.51", Ok("1.51")),
            ("1.44", "1.99", Ok("1.53")),
            ("", "1.45", Ok("1.45")),
            ("1.12", "1.40", Err(NoVersion::EngineTooOld)),
            ("1.12", "1.9", Err(NoVersion::EngineTooOld)),
            ("1.60", "1.70", Err(NoVersion::ClientTooOld)),
            ("2.0", "2.1", Err(NoVersion::ClientTooOld)),
        ] {
            let common = ApiVersion::common(ApiVersion::parse(least), ApiVersion::parse(most).expect("a version"));
            assert_eq!(common.map(|version| version.to_string()), expected.map(str::to_owned), "{least} to {most}");
        }
        for text in ["", "1", "1.", "1.x", "v1.41", "1.41.2"] {
            assert_eq!(ApiVersion::parse(text), None, "{text}");
        }
    }
}
