//! A source of `ADD`, when its text is known.

use super::context_path::check_context_path;
use super::reference::{ArtifactRef, unescape_plus};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// What `ADD` takes from somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddSource {
    /// A path or a pattern of the build context.
    Path(String),
    /// A file of a server.
    Url {
        /// Its address.
        url: String,
        /// The last part of its path: what the file is called.
        file: String,
    },
    /// The tree of a repository.
    Git {
        /// The address for git.
        address: String,
        /// A branch, a tag or a commit; `None` is the default branch.
        revision: Option<String>,
        /// A directory of it, without slashes at its ends; empty is the top.
        dir: String,
    },
}

impl AddSource {
    /// Reads a source. `https://host/path.git#revision:directory` is a repository, as for a Dockerfile; so are `ssh://…`, `git://…` and
    /// `user@host:path`.
    ///
    /// # Errors
    /// A fault at `span`, for what `ADD` does not take.
    pub fn parse(text: &str, span: Span) -> Result<Self, Diagnostic> {
        let fault = |code, message: String, help: &str| Err(Diagnostic::error(code, span, message).help(help));
        let (address, fragment) = text.split_once('#').unwrap_or((text, ""));
        let web = ["https://", "http://"].iter().find_map(|scheme| address.strip_prefix(scheme));
        let is_git = match web {
            Some(rest) => rest.trim_end_matches('/').ends_with(".git"),
            None => address.starts_with("ssh://") || address.starts_with("git://") || is_scp(address),
        };
        if is_git {
            let (revision, dir) = fragment.split_once(':').unwrap_or((fragment, ""));
            let dir = dir.trim_matches('/');
            if dir.split('/').any(|part| part == ".." || part.eq_ignore_ascii_case(".git")) {
                let message = format!("`{dir}` is not a directory of the repository");
                return fault("add-source", message, "write a path below its top, without `..`");
            }
            let revision = Some(revision.to_owned()).filter(|revision| !revision.is_empty());
            return Ok(Self::Git { address: address.to_owned(), revision, dir: dir.to_owned() });
        }
        if let Some(rest) = web {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            if host.contains('@') {
                let message = "an address for `ADD` must not hold a login: it would be shown and kept".to_owned();
                return fault("add-source", message, "fetch it in a `RUN` with `--secret`");
            }
            let path = path.split('?').next().unwrap_or_default();
            let file = path.rsplit('/').next().unwrap_or_default();
            if host.is_empty() || matches!(file, "" | "." | "..") {
                let message = format!("`{text}` does not name a file");
                return fault("add-source", message, "write an address that ends with the name of a file");
            }
            return Ok(Self::Url { url: text.to_owned(), file: file.to_owned() });
        }
        if text.contains("://") {
            let message = format!("`ADD` cannot fetch `{text}`");
            return fault(
                "add-source",
                message,
                "it takes `https://`, `http://`, and the addresses of git repositories",
            );
        }
        if ArtifactRef::parse(text).is_ok() {
            let help = "take it with `COPY`; if it is a file, write `\\+` for the plus sign";
            return fault("add-source", format!("`{text}` is an artifact, which `ADD` does not take"), help);
        }
        check_context_path(text, span)?;
        Ok(Self::Path(unescape_plus(text)))
    }
}

/// `user@host:path`
fn is_scp(text: &str) -> bool {
    let Some((user, rest)) = text.split_once('@') else { return false };
    let plain = |part: &str| !part.is_empty() && !part.contains(['/', ':']);
    plain(user) && rest.split_once(':').is_some_and(|(host, path)| plain(host) && !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn shown(text: &str) -> String {
        match AddSource::parse(text, Span::new(FileId(0), 0, 0)) {
            Ok(AddSource::Path(path)) => format!("path {path}"),
            Ok(AddSource::Url { url, file }) => format!("{url} as {file}"),
            Ok(AddSource::Git { address, revision, dir }) => format!("git {address} {revision:?} {dir:?}"),
            Err(fault) => fault.message,
        }
    }

    #[test]
    fn a_source_is_a_path_a_file_of_a_server_or_a_repository() {
        for (text, expected) in [
            ("a/b.tar.gz", "path a/b.tar.gz"),
            ("a@b", "path a@b"),
            ("a\\+b", "path a+b"),
            ("https://h.org/x/a.tar?sig=1#top", "https://h.org/x/a.tar?sig=1#top as a.tar"),
            ("http://h.org:80/a", "http://h.org:80/a as a"),
            ("https://h.org/o/r.git", "git https://h.org/o/r.git None \"\""),
            ("https://h.org/o/r.git#v1:/sub/dir/", "git https://h.org/o/r.git Some(\"v1\") \"sub/dir\""),
            ("git@h.org:o/r#:sub", "git git@h.org:o/r None \"sub\""),
            ("ssh://git@h.org/o/r", "git ssh://git@h.org/o/r None \"\""),
            ("https://h.org/", "`https://h.org/` does not name a file"),
            ("https://h.org", "`https://h.org` does not name a file"),
            ("https://me:secret@h.org/a", "an address for `ADD` must not hold a login: it would be shown and kept"),
            ("ftp://h.org/a", "`ADD` cannot fetch `ftp://h.org/a`"),
            ("https://h.org/o/r.git#v1:../x", "`../x` is not a directory of the repository"),
            ("+t/a", "`+t/a` is an artifact, which `ADD` does not take"),
            ("/a", "`/a` is not a path of the build context"),
            ("../a", "`../a` lies outside of the directory of this file"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
