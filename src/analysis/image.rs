//! Names of images: `[host[:port]/]path[:tag][@digest]`, after the reference grammar of the distribution project.

/// Why a text cannot name an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` cannot name an image")]
pub struct InvalidImage {
    /// The text.
    pub name: String,
}

impl InvalidImage {
    /// What to type instead.
    #[must_use]
    pub fn help(&self) -> String {
        let (repository, rest) = split_tag(&self.name);
        let lower = format!("{}{rest}", repository.to_lowercase());
        if lower != self.name && check_image(&lower).is_ok() {
            return format!("names of images are in lower case: `{lower}`");
        }
        "write `[registry/]name[:tag]`, for example `alpine:3.22`".to_owned()
    }
}

/// Checks the name of an image after its expansion.
///
/// # Errors
/// Where no registry would take the text for a name.
pub fn check_image(name: &str) -> Result<(), InvalidImage> {
    let fault = || InvalidImage { name: name.to_owned() };
    let (repository, rest) = split_tag(name);
    let path = match repository.split_once('/') {
        // A first part that cannot be a path is a registry.
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" || host != host.to_lowercase() => path,
        _ => repository,
    };
    let (tag, digest) = rest.split_once('@').map_or((rest, None), |(tag, digest)| (tag, Some(digest)));
    let tag = tag.strip_prefix(':');
    if path.split('/').all(is_component) && tag.is_none_or(is_tag) && digest.is_none_or(is_digest) {
        Ok(())
    } else {
        Err(fault())
    }
}

/// Repository, and the tag and digest with their signs. A colon in front of the last `/` belongs to a port.
fn split_tag(name: &str) -> (&str, &str) {
    let path = name.rfind('/').map_or(0, |slash| slash + 1);
    let end = name[path..].find([':', '@']).map_or(name.len(), |at| path + at);
    name.split_at(end)
}

/// Lower-case letters and digits, between them `.`, `_`, `__` or any number of `-`.
fn is_component(text: &str) -> bool {
    let plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
    let separators = text.split(plain).filter(|separator| !separator.is_empty());
    text.starts_with(plain)
        && text.ends_with(plain)
        && separators
            .into_iter()
            .all(|separator| matches!(separator, "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-'))
}

fn is_tag(text: &str) -> bool {
    let word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    text.len() <= 128 && text.starts_with(word) && text.chars().all(|char| word(char) || matches!(char, '.' | '-'))
}

/// `algorithm:hex`, of which at least 32 digits.
fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, hex)| {
        algorithm.starts_with(|char: char| char.is_ascii_alphabetic())
            && hex.len() >= 32
            && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_images_are_checked() {
        let digest = format!("alpine:3@sha256:{}", "a1".repeat(32));
        for name in [
            "alpine",
            "alpine:3.22",
            "org/a-b_c.d__e:v1",
            "localhost/x",
            "registry.org:5000/a/b:c",
            "localhost:5000/a",
            "Host/a",
            "a--b",
            "ghcr.io/a/b:V1_x-Y.z",
            digest.as_str(),
        ] {
            assert_eq!(check_image(name), Ok(()), "{name}");
        }
        for (name, help) in [
            ("Ubuntu:20.04", "names of images are in lower case: `ubuntu:20.04`"),
            ("org/App:V1", "names of images are in lower case: `org/app:V1`"),
            ("", "write `[registry/]name[:tag]`, for example `alpine:3.22`"),
            ("a:", "write `[registry/]name[:tag]`, for example `alpine:3.22`"),
            ("a b", "write `[registry/]name[:tag]`, for example `alpine:3.22`"),
            ("a//b", "write `[registry/]name[:tag]`, for example `alpine:3.22`"),
            ("a/", "write `[registry/]name[:tag]`, for example `alpine:3.22`"),
            ("-a", "write `[registry/]name[:tag]`, for example `alpine:3.22`"),
            ("a:b:c", "write `[registry/]name[:tag]`, for example `alpine:3.22`"),
            ("a@sha256:12", "write `[registry/]name[:tag]`, for example `alpine:3.22`"),
            ("https://a.org/b", "write `[registry/]name[:tag]`, for example `alpine:3.22`"),
        ] {
            assert_eq!(check_image(name).map_err(|fault| fault.help()), Err(help.to_owned()), "{name}");
        }
    }
}
