//! Paths inside containers: always `/`, never of this machine.

use crate::analysis::reference::has_wildcard;

/// `path` made absolute from `base`, `.` and `..` taken away. A trailing slash is kept.
#[must_use]
pub fn absolute(base: &str, path: &str) -> String {
    let joined = if path.starts_with('/') { path.to_owned() } else { format!("{base}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let clean = format!("/{}", parts.join("/"));
    let directory = path.ends_with('/') || path == "." || path.ends_with("/.");
    if directory && clean != "/" { clean + "/" } else { clean }
}

/// The same for a directory: no trailing slash is kept.
#[must_use]
pub fn directory(base: &str, path: &str) -> String {
    let path = absolute(base, path);
    if path == "/" { path } else { path.trim_end_matches('/').to_owned() }
}

/// The last component; empty for the root.
#[must_use]
pub fn file_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or("")
}

/// Whether a path holds a wildcard of Go's `filepath.Match`.
#[must_use]
pub fn is_pattern(path: &str) -> bool {
    has_wildcard(path)
}

/// A pattern that matches what this path or pattern does, so that its absence is no fault: `/[d]ir/file`. The first component is one,
/// since directories in front of the first wildcard have to exist.
#[must_use]
pub fn as_pattern(path: &str) -> String {
    let front = path.find(['*', '?', '[', '\\']).unwrap_or(path.len());
    let plain = path[..front].char_indices().find(|(_, c)| c.is_alphanumeric() || *c == '_');
    plain.map_or_else(|| path.to_owned(), |(at, c)| format!("{}[{c}]{}", &path[..at], &path[at + c.len_utf8()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_absolute() {
        for (base, path, expected) in [
            ("/app", "x", "/app/x"),
            ("/app", "./x/", "/app/x/"),
            ("/app", ".", "/app/"),
            ("/", ".", "/"),
            ("/app/", "../../..", "/"),
            ("/app", "/etc//a/./b", "/etc/a/b"),
            ("/app", "", "/app"),
        ] {
            assert_eq!(absolute(base, path), expected, "{base} {path}");
        }
        assert_eq!(directory("/app", "."), "/app");
        assert_eq!(directory("/", "./"), "/");
    }

    #[test]
    fn a_path_becomes_a_pattern_of_itself() {
        assert_eq!(as_pattern("/app/foo"), "/[a]pp/foo");
        assert_eq!(as_pattern("/.env"), "/.[e]nv");
        assert_eq!(as_pattern("foo"), "[f]oo");
        assert_eq!(as_pattern("/a/*.go"), "/[a]/*.go");
        assert_eq!(as_pattern("/*.go"), "/*.go");
        assert_eq!(as_pattern("/\\[x]"), "/\\[x]");
    }
}
