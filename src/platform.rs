//! Platforms: operating system, architecture, variant.

use std::fmt;
use std::str::FromStr;

/// A platform in the notation of OCI image indexes: `linux/amd64`, `linux/arm/v7`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Platform {
    /// Operating system, for example `linux`.
    pub os: String,
    /// Architecture by Go's names, for example `amd64`.
    pub arch: String,
    /// Variant of the architecture, for example `v7`; mostly empty.
    pub variant: String,
}

impl Platform {
    /// The platform of Linux containers on this machine's processor.
    #[must_use]
    pub fn host() -> Self {
        let (arch, variant) = match std::env::consts::ARCH {
            "x86_64" => ("amd64", ""),
            "aarch64" => ("arm64", ""),
            "x86" => ("386", ""),
            "arm" => ("arm", "v7"),
            other => (other, ""),
        };
        Self { os: "linux".to_owned(), arch: arch.to_owned(), variant: variant.to_owned() }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.arch)?;
        if !self.variant.is_empty() {
            write!(f, "/{}", self.variant)?;
        }
        Ok(())
    }
}

/// A text that is no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a platform; write it as `os/arch` or `os/arch/variant`, for example `linux/arm64`")]
pub struct InvalidPlatform(pub String);

impl FromStr for Platform {
    type Err = InvalidPlatform;

    /// Reads `os/arch[/variant]`, with the usual other names of architectures (`x86_64`, `aarch64`, …).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fault = || InvalidPlatform(text.to_owned());
        let parts: Vec<&str> = text.split('/').collect();
        let word = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        };
        if !parts.iter().all(|part| word(part)) {
            return Err(fault());
        }
        let (os, arch, variant) = match parts[..] {
            [os, arch] => (os, arch, ""),
            [os, arch, variant] => (os, arch, variant),
            _ => return Err(fault()),
        };
        let (arch, variant) = match (arch, variant) {
            ("x86_64" | "x86-64", variant) => ("amd64", variant),
            ("aarch64", variant) => ("arm64", variant),
            ("armhf", "") => ("arm", "v7"),
            ("armel", "") => ("arm", "v6"),
            ("i386" | "i686", variant) => ("386", variant),
            other => other,
        };
        // containerd's normal form: v8 is what arm64 is, v7 what arm is without a variant.
        let variant = match (arch, variant) {
            ("arm64", "v8") => "",
            ("arm", "") => "v7",
            (_, variant) => variant,
        };
        Ok(Self { os: os.to_lowercase(), arch: arch.to_owned(), variant: variant.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_read_in_their_normal_form() {
        for (text, expected) in [
            ("linux/amd64", "linux/amd64"),
            ("linux/x86_64", "linux/amd64"),
            ("linux/aarch64", "linux/arm64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/arm/v6", "linux/arm/v6"),
        ] {
            assert_eq!(text.parse::<Platform>().map(|p| p.to_string()), Ok(expected.to_owned()), "{text}");
        }
        for text in ["", "linux", "linux/", "/amd64", "a/b/c/d", "linux/am d64"] {
            assert!(text.parse::<Platform>().is_err(), "{text:?}");
        }
    }
}
