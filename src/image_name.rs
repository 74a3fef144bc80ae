//! Names of images: read, checked, and brought to their normal form.
//!
//! Grammar and normal form are those of the Docker engine:
//! <https://pkg.go.dev/github.com/distribution/reference>.

use std::fmt;
use std::str::FromStr;

/// The registry that is meant when a name tells none.
const HUB: &str = "docker.io";
/// What older clients called it.
const HUB_ALIAS: &str = "index.docker.io";
/// Where the registry keeps the images whose names have one word.
const OFFICIAL: &str = "library/";
/// Longest repository, in bytes.
const MAX_REPOSITORY: usize = 255;
/// Longest tag, in bytes.
const MAX_TAG: usize = 128;

/// The name of an image, in its normal form: with a registry, and with a tag, a digest or both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageName {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
}

/// A text that is no name of an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not the name of an image: {fault}")]
pub struct InvalidImageName {
    /// The text.
    pub name: String,
    /// What is wrong with it.
    pub fault: NameFault,
}

/// What is wrong with the name of an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// Nothing is there.
    #[error("it is empty")]
    Empty,
    /// It is an image's id and no name.
    #[error("it looks like an id; an id stands behind `name@sha256:`")]
    Id,
    /// A host with characters that hosts cannot have, or a port that is no number.
    #[error("`{0}` is not a registry's host")]
    Registry(String),
    /// Capital letters in the repository.
    #[error("the repository must be in lower case: `{0}`")]
    UpperCase(String),
    /// A word between two slashes of the repository is not allowed.
    #[error("`{0}` cannot be a part of a repository")]
    Repository(String),
    /// Two slashes follow each other, or one stands at an end.
    #[error("a part between slashes is empty")]
    EmptyPart,
    /// The repository is longer than 255 bytes.
    #[error("the repository is longer than {MAX_REPOSITORY} characters")]
    TooLong,
    /// The tag has other characters than letters, digits, `_`, `.` and `-`, or starts with one of the last two, or is too long.
    #[error(
        "`{0}` is not a tag; tags have up to {MAX_TAG} letters, digits, `_`, `.` and `-`, and start with none of the last two"
    )]
    Tag(String),
    /// The digest is of an unknown kind or has the wrong length.
    #[error("`{0}` is not a digest; it is written `sha256:` and 64 hexadecimal digits in lower case")]
    Digest(String),
}

impl ImageName {
    /// Reads a name as the engine does: `alpine` is `docker.io/library/alpine:latest`.
    ///
    /// # Errors
    /// When the engine would refuse it.
    pub fn parse(text: &str) -> Result<Self, InvalidImageName> {
        read(text).map_err(|fault| InvalidImageName { name: text.to_owned(), fault })
    }

    /// The registry's host, with a port if it has one: `docker.io`, `localhost:5000`.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The name within its registry: `library/alpine`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag. There is one when there is no digest.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, `sha256:…`.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The whole name, as the engine's graphs need it: `docker.io/library/alpine:latest`.
    #[must_use]
    pub fn normalized(&self) -> String {
        format!("{}/{}{}", self.registry, self.repository, self.suffix())
    }

    /// The shortest name that means the same, tag included, for people: `alpine:latest`.
    #[must_use]
    pub fn familiar(&self) -> String {
        if self.registry != HUB {
            return self.normalized();
        }
        let short = match self.repository.strip_prefix(OFFICIAL) {
            Some(rest) if !rest.contains('/') => rest,
            _ if self.repository.split_once('/').is_some_and(|(first, _)| is_registry(first)) => {
                return self.normalized();
            }
            _ => &self.repository,
        };
        format!("{short}{}", self.suffix())
    }

    fn suffix(&self) -> String {
        let tag = self.tag.as_ref().map(|tag| format!(":{tag}")).unwrap_or_default();
        let digest = self.digest.as_ref().map(|digest| format!("@{digest}")).unwrap_or_default();
        tag + &digest
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.normalized())
    }
}

impl FromStr for ImageName {
    type Err = InvalidImageName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

fn read(text: &str) -> Result<ImageName, NameFault> {
    if text.is_empty() {
        return Err(NameFault::Empty);
    }
    if text.len() == 64 && is_lower_hex(text) {
        return Err(NameFault::Id);
    }
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(checked_digest(digest)?)),
        None => (text, None),
    };
    let (registry, rest) = match rest.split_once('/') {
        Some((first, rest)) if is_registry(first) => (checked_registry(first)?, rest),
        _ => (HUB.to_owned(), rest),
    };
    let (repository, tag) = match rest.split_once(':') {
        Some((repository, tag)) => (repository, Some(checked_tag(tag)?)),
        None => (rest, None),
    };
    check_repository(repository)?;
    let official = registry == HUB && !repository.contains('/');
    let repository = if official { format!("{OFFICIAL}{repository}") } else { repository.to_owned() };
    if repository.len() > MAX_REPOSITORY {
        return Err(NameFault::TooLong);
    }
    let tag = if tag.is_none() && digest.is_none() { Some("latest".to_owned()) } else { tag };
    Ok(ImageName { registry, repository, tag, digest })
}

/// Whether the word before the first slash is a registry, and not the first part of a repository on the default one.
fn is_registry(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.contains(char::is_uppercase)
}

fn checked_registry(text: &str) -> Result<String, NameFault> {
    let fault = || NameFault::Registry(text.to_owned());
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, after) = rest.split_once(']').ok_or_else(fault)?;
            let is_address = !address.is_empty() && address.chars().all(|c| c.is_ascii_hexdigit() || c == ':');
            let port = if after.is_empty() { None } else { Some(after.strip_prefix(':').ok_or_else(fault)?) };
            if !is_address {
                return Err(fault());
            }
            (None, port)
        }
        None => match text.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(text), None),
        },
    };
    let is_word = |word: &str| {
        !word.is_empty()
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !word.starts_with('-')
            && !word.ends_with('-')
    };
    if host.is_some_and(|host| !host.split('.').all(is_word))
        || port.is_some_and(|port| port.is_empty() || !port.chars().all(|c| c.is_ascii_digit()))
    {
        return Err(fault());
    }
    Ok(if text == HUB_ALIAS { HUB.to_owned() } else { text.to_owned() })
}

fn check_repository(text: &str) -> Result<(), NameFault> {
    for part in text.split('/') {
        if part.is_empty() {
            return Err(NameFault::EmptyPart);
        }
        if part.chars().any(|c| c.is_ascii_uppercase()) {
            return Err(NameFault::UpperCase(text.to_lowercase()));
        }
        if !is_repository_part(part) {
            return Err(NameFault::Repository(part.to_owned()));
        }
    }
    Ok(())
}

/// Letters and digits, with one `.`, one or two `_` or any number of `-` between them.
fn is_repository_part(part: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators_fit = part
        .split(is_plain)
        .filter(|separator| !separator.is_empty())
        .all(|separator| matches!(separator, "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-'));
    separators_fit && part.starts_with(is_plain) && part.ends_with(is_plain)
}

fn checked_tag(text: &str) -> Result<String, NameFault> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let fits = text.len() <= MAX_TAG
        && text.starts_with(is_word)
        && text.chars().all(|c| is_word(c) || matches!(c, '.' | '-'));
    if fits { Ok(text.to_owned()) } else { Err(NameFault::Tag(text.to_owned())) }
}

fn checked_digest(text: &str) -> Result<String, NameFault> {
    let digits = match text.split_once(':') {
        Some(("sha256", hex)) => Some((hex, 64)),
        Some(("sha384", hex)) => Some((hex, 96)),
        Some(("sha512", hex)) => Some((hex, 128)),
        _ => None,
    };
    match digits {
        Some((hex, length)) if hex.len() == length && is_lower_hex(hex) => Ok(text.to_owned()),
        _ => Err(NameFault::Digest(text.to_owned())),
    }
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn names_get_their_normal_and_their_familiar_form() {
        let pinned = |name: &str| format!("{name}@{DIGEST}");
        for (text, normalized, familiar) in [
            ("alpine", "docker.io/library/alpine:latest", "alpine:latest"),
            ("alpine:3.22", "docker.io/library/alpine:3.22", "alpine:3.22"),
            ("user/x", "docker.io/user/x:latest", "user/x:latest"),
            ("library/x", "docker.io/library/x:latest", "x:latest"),
            ("docker.io/x", "docker.io/library/x:latest", "x:latest"),
            ("index.docker.io/library/x:1", "docker.io/library/x:1", "x:1"),
            ("docker.io/library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"),
            ("localhost/x", "localhost/x:latest", "localhost/x:latest"),
            ("docker.io/localhost/x", "docker.io/localhost/x:latest", "docker.io/localhost/x:latest"),
            ("host:5000/x", "host:5000/x:latest", "host:5000/x:latest"),
            ("x:5000", "docker.io/library/x:5000", "x:5000"),
            ("[::1]:5000/x", "[::1]:5000/x:latest", "[::1]:5000/x:latest"),
            ("Host/x", "Host/x:latest", "Host/x:latest"),
            ("ghcr.io/a/b/c:V1.0-rc_1", "ghcr.io/a/b/c:V1.0-rc_1", "ghcr.io/a/b/c:V1.0-rc_1"),
            ("a__b.c---d", "docker.io/library/a__b.c---d:latest", "a__b.c---d:latest"),
            (&pinned("x"), &pinned("docker.io/library/x"), &pinned("x")),
            (&pinned("host:5000/x:1"), &pinned("host:5000/x:1"), &pinned("host:5000/x:1")),
        ] {
            let name = ImageName::parse(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((name.normalized().as_str(), name.familiar().as_str()), (normalized, familiar), "{text}");
        }
    }

    #[test]
    fn a_name_tells_its_parts() {
        let name = ImageName::parse(&format!("host:5000/a/b:1@{DIGEST}")).expect("valid");
        assert_eq!((name.registry(), name.repository()), ("host:5000", "a/b"));
        assert_eq!((name.tag(), name.digest()), (Some("1"), Some(DIGEST)));
        let name = ImageName::parse(&format!("x@{DIGEST}")).expect("valid");
        assert_eq!((name.tag(), name.digest()), (None, Some(DIGEST)));
    }

    #[test]
    fn wrong_names_say_what_is_wrong() {
        let id = &DIGEST["sha256:".len()..];
        let long = "a".repeat(256);
        let long_tag = "a".repeat(129);
        for (text, fault) in [
            ("", NameFault::Empty),
            (id, NameFault::Id),
            ("Alpine", NameFault::UpperCase("alpine".into())),
            ("user/App", NameFault::UpperCase("user/app".into())),
            ("a//b", NameFault::EmptyPart),
            ("/a", NameFault::EmptyPart),
            ("a/", NameFault::EmptyPart),
            (":tag", NameFault::EmptyPart),
            ("a b", NameFault::Repository("a b".into())),
            ("-a", NameFault::Repository("-a".into())),
            ("a..b", NameFault::Repository("a..b".into())),
            ("a___b", NameFault::Repository("a___b".into())),
            ("a._b", NameFault::Repository("a._b".into())),
            ("ä", NameFault::Repository("ä".into())),
            ("https://x/y", NameFault::Registry("https:".into())),
            ("a..b/x", NameFault::Registry("a..b".into())),
            ("-a.b/x", NameFault::Registry("-a.b".into())),
            ("a.b:x/y", NameFault::Registry("a.b:x".into())),
            ("[]:1/x", NameFault::Registry("[]:1".into())),
            ("[::1/x", NameFault::Registry("[::1".into())),
            (&long, NameFault::TooLong),
            ("x:", NameFault::Tag(String::new())),
            ("x:.1", NameFault::Tag(".1".into())),
            ("x:a:b", NameFault::Tag("a:b".into())),
            (&format!("x:{long_tag}"), NameFault::Tag(long_tag.clone())),
            ("x@sha256:12", NameFault::Digest("sha256:12".into())),
            ("x@md5:12", NameFault::Digest("md5:12".into())),
            (&format!("x@sha256:{}", id.to_uppercase()), NameFault::Digest(format!("sha256:{}", id.to_uppercase()))),
        ] {
            assert_eq!(ImageName::parse(text).map_err(|error| error.fault), Err(fault), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn both_forms_of_a_name_mean_the_same(text in "([a-cA.:]{0,6}/)?([a-c_.-]{1,8}/){0,2}[a-c_.-]{1,8}(:[A-b_.-]{1,5})?") {
            if let Ok(name) = ImageName::parse(&text) {
                prop_assert_eq!(ImageName::parse(&name.normalized()), Ok(name.clone()));
                prop_assert_eq!(ImageName::parse(&name.familiar()), Ok(name));
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in any::<String>()) {
            let reread = ImageName::parse(&text).map(|name| ImageName::parse(&name.normalized()).is_ok());
            prop_assert!(reread.unwrap_or(true));
        }
    }
}
