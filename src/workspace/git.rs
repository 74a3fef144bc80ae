//! What git knows about a directory. Asks the `git` program; without it, or without a repository, everything is empty.

use crate::url::parts;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The commit that is checked out, and where the repository comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Git {
    /// The commit's hash, in full.
    pub hash: String,
    /// The branch that is checked out; without one, the first that points at the commit.
    pub branch: String,
    /// The first tag that points at the commit.
    pub tag: String,
    /// Every branch and tag that points at the commit.
    pub refs: Vec<String>,
    /// The address of the remote `origin`, as it is configured.
    pub origin: String,
    /// When the commit was made, in seconds since 1970.
    pub committed: String,
    /// When its change was made, in seconds since 1970.
    pub authored: String,
    /// The author's e-mail address.
    pub author_email: String,
    /// The author's name.
    pub author_name: String,
    /// The `Co-authored-by` trailers' values.
    pub co_authors: Vec<String>,
    /// The directory, relative to the top of the repository; empty at the top.
    pub prefix: String,
}

/// Fields of one commit, separated by NUL. Format: <https://git-scm.com/docs/pretty-formats>.
const COMMIT: &str =
    "--format=%H%x00%ct%x00%at%x00%ae%x00%an%x00%(trailers:key=Co-authored-by,valueonly,separator=%x01)";

impl Git {
    /// The top of the repository that a directory lies in: the nearest directory above it, or itself, with a `.git`. Asks no program.
    #[must_use]
    pub fn top(dir: &Path) -> Option<PathBuf> {
        dir.ancestors().find(|above| above.join(".git").symlink_metadata().is_ok()).map(Path::to_owned)
    }

    /// What holds for another directory of the same repository, whose top this is about. Both are absolute.
    #[must_use]
    pub fn below(self, top: &Path, dir: &Path) -> Self {
        let prefix = dir.strip_prefix(top).unwrap_or(Path::new("")).to_string_lossy().into_owned();
        Self { prefix, ..self }
    }

    /// Looks at a directory. Takes some milliseconds, and blocks.
    #[must_use]
    pub fn of(dir: &Path) -> Self {
        let Some(prefix) = git(dir, &["rev-parse", "--show-prefix"]) else { return Self::default() };
        let ask = |args: &[&str]| git(dir, args).unwrap_or_default();
        let commit = ask(&["log", "-1", "--no-show-signature", COMMIT]);
        let fields: Vec<&str> = commit.split('\0').collect();
        let field = |at: usize| fields.get(at).copied().unwrap_or_default().to_owned();
        let heads = ask(&["for-each-ref", "--points-at=HEAD", "--format=%(refname)", "refs/heads", "refs/tags"]);
        let named = |kind: &str| heads.lines().filter_map(|line| line.strip_prefix(kind)).map(str::to_owned).collect();
        let (branches, tags): (Vec<String>, Vec<String>) = (named("refs/heads/"), named("refs/tags/"));
        let current = git(dir, &["symbolic-ref", "--quiet", "--short", "HEAD"]);
        Self {
            hash: field(0),
            branch: current.or_else(|| branches.first().cloned()).unwrap_or_default(),
            tag: tags.first().cloned().unwrap_or_default(),
            refs: branches.into_iter().chain(tags).collect(),
            origin: ask(&["config", "--get", "remote.origin.url"]),
            committed: field(1),
            authored: field(2),
            author_email: field(3),
            author_name: field(4),
            co_authors: field(5).split('\u{1}').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            prefix: prefix.trim_end_matches('/').to_owned(),
        }
    }

    /// The address of `origin` without a password or a token.
    #[must_use]
    pub fn origin_scrubbed(&self) -> String {
        parts(&self.origin).and_then(|parts| parts.without_user()).unwrap_or_else(|| self.origin.clone())
    }

    /// `host/org/repo` of `origin`, whatever its form; empty without one.
    #[must_use]
    pub fn repository(&self) -> String {
        let Some(parts) = parts(&self.origin) else { return String::new() };
        format!("{}/{}", parts.host(), parts.repository()).trim_end_matches('/').to_owned()
    }

    /// `org/repo` of `origin`.
    #[must_use]
    pub fn project_name(&self) -> String {
        self.repository().split_once('/').map(|(_, path)| path.to_owned()).unwrap_or_default()
    }
}

/// What a git command prints; `None` when it fails or prints nothing that is text.
fn git(dir: &Path, args: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    // A git hook that runs rbuild would have us look at the hook's repository.
    for name in super::remote::SURROUNDING {
        command.env_remove(name);
    }
    let output = command.arg("-C").arg(dir).args(args).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_every_form() {
        for (origin, scrubbed, repository) in [
            ("https://github.com/o/r.git", "https://github.com/o/r.git", "github.com/o/r"),
            ("https://user:token@github.com/o/r", "https://github.com/o/r", "github.com/o/r"),
            ("git@github.com:o/r.git", "git@github.com:o/r.git", "github.com/o/r"),
            ("ssh://git@example.org:2222/a/b/c.git", "ssh://example.org:2222/a/b/c.git", "example.org/a/b/c"),
            ("https://u:p@[::1]:8080/o/r.git.git/", "https://[::1]:8080/o/r.git.git/", "[::1]/o/r.git"),
            ("https://github.com", "https://github.com", "github.com"),
            ("/srv/repo.git", "/srv/repo.git", ""),
            ("", "", ""),
        ] {
            let git = Git { origin: origin.to_owned(), ..Git::default() };
            assert_eq!((git.origin_scrubbed().as_str(), git.repository().as_str()), (scrubbed, repository), "{origin}");
        }
        let git = Git { origin: "git@github.com:o/r.git".to_owned(), ..Git::default() };
        assert_eq!(git.project_name(), "o/r");
    }

    #[test]
    fn a_commit_is_described() {
        let dir = tempfile::tempdir().unwrap();
        let run = |args: &[&str]| {
            let mut command = Command::new("git");
            command.arg("-C").arg(dir.path()).args(args);
            for (name, value) in [
                ("GIT_AUTHOR_NAME", "An Author"),
                ("GIT_AUTHOR_EMAIL", "an@example.org"),
                ("GIT_AUTHOR_DATE", "1000000000 +0000"),
                ("GIT_COMMITTER_NAME", "A Committer"),
                ("GIT_COMMITTER_EMAIL", "a@example.org"),
                ("GIT_COMMITTER_DATE", "1100000000 +0000"),
            ] {
                command.env(name, value);
            }
            assert!(command.output().unwrap().status.success(), "git {args:?}");
        };
        run(&["init", "--quiet", "--initial-branch=trunk"]);
        let sub = dir.path().join("a/b");
        std::fs::create_dir_all(&sub).unwrap();
        assert_eq!(Git::of(&sub).hash, "", "there is no commit yet");
        let message = "Change\n\nCo-authored-by: B <b@example.org>\nCo-authored-by: C <c@example.org>";
        run(&["commit", "--quiet", "--allow-empty", "-m", message]);
        run(&["tag", "v1"]);
        run(&["remote", "add", "origin", "git@example.org:o/r.git"]);
        let git = Git::of(&sub);
        assert_eq!(git.hash.len(), 40);
        assert_eq!((git.branch.as_str(), git.tag.as_str()), ("trunk", "v1"));
        assert_eq!(git.refs, ["trunk", "v1"]);
        assert_eq!((git.committed.as_str(), git.authored.as_str()), ("1100000000", "1000000000"));
        assert_eq!((git.author_name.as_str(), git.author_email.as_str()), ("An Author", "an@example.org"));
        assert_eq!(git.co_authors, ["B <b@example.org>", "C <c@example.org>"]);
        assert_eq!(git.prefix, "a/b");
        let top = Git::top(&sub).expect("it lies in a repository");
        assert_eq!(top, dir.path());
        assert_eq!(Git::of(&top).below(&top, &sub), git);
        run(&["checkout", "--quiet", "--detach"]);
        assert_eq!(Git::of(dir.path()).branch, "trunk");
    }

    #[test]
    fn without_a_repository_everything_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Git::of(dir.path()), Git::default());
        assert_eq!(Git::top(dir.path()), None);
    }
}
