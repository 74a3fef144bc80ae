//! A git repository that stands for one on the network.

use super::project::corpus;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// The repository `github.com/example/library`, with the tag `v1.0`.
pub struct Library {
    dir: TempDir,
    commit: String,
}

impl Library {
    /// Makes it.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory can be made");
        let files = format!("{}/_library/.", corpus().display());
        let copied = Command::new("cp").args(["-a", &files]).arg(dir.path()).status().expect("cp runs");
        assert!(copied.success());
        git(dir.path(), &["init", "--quiet", "--initial-branch=main"]);
        git(dir.path(), &["add", "."]);
        git(dir.path(), &["commit", "--quiet", "--message=library"]);
        git(dir.path(), &["tag", "v1.0"]);
        let commit = git(dir.path(), &["rev-parse", "HEAD"]);
        Self { dir, commit }
    }

    /// The commit's hash.
    pub fn commit(&self) -> &str {
        &self.commit
    }

    /// Variables that let git find it instead of the one on the network.
    pub fn redirection(&self) -> Vec<(String, String)> {
        let here = format!("url.file://{}.insteadOf", self.dir.path().display());
        let names = [
            "https://github.com/example/library.git",
            "git@github.com:example/library.git",
            "ssh://git@github.com/example/library.git",
        ];
        let mut variables = vec![("GIT_CONFIG_COUNT".to_owned(), names.len().to_string())];
        for (number, name) in names.iter().enumerate() {
            variables.push((format!("GIT_CONFIG_KEY_{number}"), here.clone()));
            variables.push((format!("GIT_CONFIG_VALUE_{number}"), (*name).to_owned()));
        }
        variables
    }
}

fn git(dir: &Path, args: &[&str]) -> String {
    let who = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    let output = Command::new("git").args(who).args(args).current_dir(dir).output().expect("git runs");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
