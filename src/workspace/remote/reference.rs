//! `host/org/repo[/sub][:tag]`: a directory of a git repository.

use super::site::Sites;
use std::fmt;

/// A directory of a repository, at some revision.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Remote {
    /// `host/org/repo`, as it was written.
    pub repository: String,
    /// The directory in it, cleaned; empty at the top.
    pub sub: String,
    /// A branch, a tag or a commit; `None` is the default branch.
    pub tag: Option<String>,
}

/// Why a text names no directory of a repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoteNameError {
    /// There are fewer components than host, organisation and repository.
    #[error("`{0}` names no repository")]
    Short(String),
    /// A component could mean something else than a name.
    #[error("`{part}` in `{text}` is not a name that a repository can have")]
    Part {
        /// The component.
        part: String,
        /// The whole text.
        text: String,
    },
    /// The revision could mean something else than a name.
    #[error("`{tag}` is not a name of a branch, a tag or a commit")]
    Tag {
        /// The revision.
        tag: String,
    },
}

impl RemoteNameError {
    /// What to type instead.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Short(_) => "write `host/organisation/repository:tag`, for example `github.com/org/repo:v1`",
            Self::Part { .. } => "names hold letters, digits, `.`, `-`, `_`, `~` and `+`, and do not begin with `-`",
            Self::Tag { .. } => "write a branch, a tag or a commit behind the `:`",
        }
    }
}

impl Remote {
    /// Reads the text before the `+` of a reference.
    ///
    /// The repository is `host/org/repo`, or all components up to one that ends with `.git`; what follows is the directory.
    ///
    /// # Errors
    /// Where the text is too short, or where a part of it could be taken for an option, a path to somewhere else, or an address.
    pub fn parse(text: &str) -> Result<Self, RemoteNameError> {
        Self::parse_for(text, &Sites::default())
    }

    /// The same where the user's setting may tell how long the name of a repository is.
    ///
    /// # Errors
    /// As for [`Self::parse`].
    pub fn parse_for(text: &str, sites: &Sites) -> Result<Self, RemoteNameError> {
        let (path, tag) = match text.split_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (text, None),
        };
        let parts: Vec<&str> = path.split('/').collect();
        let written = parts.len() - usize::from(parts.last() == Some(&""));
        let parts = &parts[..written];
        let host = |part: &str| part.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-'));
        let odd = |(at, part): &(usize, &&str)| !is_name(part) || (*at == 0 && !host(part));
        if let Some((_, part)) = parts.iter().enumerate().find(odd) {
            return Err(RemoteNameError::Part { part: (*part).to_owned(), text: text.to_owned() });
        }
        let git = parts.iter().position(|part| part.len() > 4 && part.ends_with(".git"));
        let length = sites.split(path).unwrap_or_else(|| git.map_or(3, |at| at + 1));
        if length < 2 || parts.len() < length {
            return Err(RemoteNameError::Short(text.to_owned()));
        }
        let tag = match tag {
            Some(tag) if !is_revision(tag) => return Err(RemoteNameError::Tag { tag: tag.to_owned() }),
            tag => tag.map(str::to_owned),
        };
        Ok(Self { repository: parts[..length].join("/"), sub: parts[length..].join("/"), tag })
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &str {
        self.repository.split('/').next().unwrap_or_default()
    }

    /// The same repository and revision, at another directory of it.
    #[must_use]
    pub fn at(&self, sub: &str) -> Self {
        Self { sub: sub.to_owned(), ..self.clone() }
    }

    /// A file in the directory, for people: `github.com/org/repo/sub:v1/Buildfile`.
    #[must_use]
    pub fn file(&self, name: &str) -> String {
        format!("{self}/{name}")
    }

    /// The directory without the revision.
    #[must_use]
    pub fn place(&self) -> String {
        if self.sub.is_empty() { self.repository.clone() } else { format!("{}/{}", self.repository, self.sub) }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place())?;
        self.tag.iter().try_for_each(|tag| write!(f, ":{tag}"))
    }
}

/// Whether a text can only be one component of a path, whoever reads it. `.git` is where git keeps its own.
fn is_name(part: &str) -> bool {
    let plain = |char: char| char.is_alphanumeric() || matches!(char, '.' | '-' | '_' | '~' | '+' | '@' | '=' | ',');
    !matches!(part, "" | "." | "..")
        && !part.eq_ignore_ascii_case(".git")
        && !part.starts_with('-')
        && part.chars().all(plain)
}

/// Whether a text can only be the name of one revision, whatever command of git gets it. Rules: git-check-ref-format(1).
pub(super) fn is_revision(text: &str) -> bool {
    let odd = |char: char| char.is_control() || char.is_whitespace() || "~^:?*[\\".contains(char);
    let odd_part = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    !(text.is_empty()
        || text.starts_with('-')
        || text.ends_with('.')
        || text == "@"
        || text.contains("..")
        || text.contains("@{")
        || text.contains(odd)
        || text.split('/').any(odd_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_directories_and_tags_are_told_apart() {
        for (text, repository, sub, tag) in [
            ("github.com/o/r", "github.com/o/r", "", None),
            ("github.com/o/r:v1.2", "github.com/o/r", "", Some("v1.2")),
            ("github.com/o/r/a/b:feature/x", "github.com/o/r", "a/b", Some("feature/x")),
            ("github.com/o/r/", "github.com/o/r", "", None),
            ("git.example.org/group/sub/r.git/dir:main", "git.example.org/group/sub/r.git", "dir", Some("main")),
            ("git.example.org/r.git", "git.example.org/r.git", "", None),
            ("github.com/o/r.git", "github.com/o/r.git", "", None),
        ] {
            let read = Remote::parse(text).unwrap();
            assert_eq!(
                (read.repository.as_str(), read.sub.as_str(), read.tag.as_deref()),
                (repository, sub, tag),
                "{text}"
            );
            assert_eq!(read.to_string(), text.trim_end_matches('/'), "{text}");
        }
        assert_eq!(Remote::parse("h.org/o/r/s:t").unwrap().file("Buildfile"), "h.org/o/r/s:t/Buildfile");
    }

    #[test]
    fn what_could_mean_something_else_is_refused() {
        for text in [
            "github.com/o",
            "host:tag",
            "x.git",
            "github.com/../r",
            "github.com/o/r/../../x",
            "github.com/o/r/./x",
            "github.com//o/r",
            "-github.com/o/r",
            "github.com/-o/r",
            "github.com/o/r/--upload-pack=x",
            "github.com/o/r/.git/x",
            "github.com/o/r/.GIT",
            "ext::sh -c x/o/r",
            "git hub.com/o/r",
            "github.com/o/r\n:x",
            "github.com/o/r:",
            "github.com/o/r:-x",
            "github.com/o/r:a b",
            "github.com/o/r:a..b",
            "github.com/o/r:a^",
            "github.com/o/r:a:b",
            "github.com/o/r:@{-1}",
            "github.com/o/r:../x",
            "github.com/o/r:/x",
            "github.com/o/r:x\u{7}",
            "$(x)/o/r",
            "a;b/o/r",
            "",
        ] {
            let fault = Remote::parse(text).expect_err(text);
            assert!(!fault.help().is_empty());
        }
    }
}
