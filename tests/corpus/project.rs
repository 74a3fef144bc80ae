//! A copy of a project of the corpus, under a version, and rbuild run in it.

use super::library::Library;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Flags of 0.8 that 0.7 does not imply.
const FLAGS_OF_0_8: &[&str] = &[
    "arg-scope-and-set",
    "cache-persist-option",
    "git-refs",
    "global-cache",
    "no-network",
    "pass-args",
    "use-docker-ignore",
    "use-function-keyword",
];

/// Where the projects lie.
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// A project in a directory of its own.
pub struct Project<'a> {
    dir: TempDir,
    home: TempDir,
    remote: &'a Library,
}

/// How a run ended.
pub struct Outcome {
    /// Whether it succeeded.
    pub ok: bool,
    /// All that it printed.
    pub text: String,
}

impl<'a> Project<'a> {
    /// A copy; every Earthfile of it under this version, or as it is.
    pub fn new(name: &str, version: Option<&str>, remote: &'a Library) -> Self {
        let temporary = || tempfile::tempdir().expect("a directory can be made");
        let project = Self { dir: temporary(), home: temporary(), remote };
        copy(&corpus().join(name), project.dir.path(), &|text| {
            let text = text.replace("@COMMIT@", remote.commit());
            version.map_or(text.clone(), |version| under(&text, version))
        });
        project
    }

    /// All targets of the Earthfile at the top.
    pub fn targets(&self) -> Vec<String> {
        let outcome = self.rbuild(&["ls"], &[]);
        assert!(outcome.ok, "{}", outcome.text);
        let targets: Vec<String> = outcome
            .text
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .filter(|word| word.starts_with('+'))
            .map(str::to_owned)
            .collect();
        assert!(!targets.is_empty(), "{}", outcome.text);
        targets
    }

    /// Runs rbuild.
    pub fn rbuild(&self, words: &[&str], args: &[&str]) -> Outcome {
        let engine = std::env::var("RBUILD_TEST_ENGINE_28").expect("RBUILD_TEST_ENGINE_28 names an engine");
        let output = Command::new(env!("CARGO_BIN_EXE_rbuild"))
            .args(words)
            .args(args)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.home.path())
            .env("DOCKER_HOST", engine)
            .envs(self.remote.redirection())
            .output()
            .expect("rbuild can be started");
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Outcome { ok: output.status.success(), text }
    }
}

/// The text with another number on its `VERSION` line, and the flags and the keyword that go with it.
fn under(text: &str, version: &str) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let Some(line) = lines.iter_mut().find(|line| line.starts_with("VERSION")) else { return text.to_owned() };
    let end = &line[line.trim_end().len()..];
    let mut words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let own = words.pop().expect("there is a number");
    if version == "0.7" && own == "0.8" {
        for flag in FLAGS_OF_0_8.iter().map(|flag| format!("--{flag}")) {
            if !words.contains(&flag) {
                words.push(flag);
            }
        }
    }
    words.push(version.to_owned());
    *line = words.join(" ") + end;
    let text = lines.concat();
    if version == "0.7" { text } else { text.replace("    COMMAND\n", "    FUNCTION\n") }
}

fn copy(from: &Path, to: &Path, change: &dyn Fn(String) -> String) {
    for entry in fs::read_dir(from).expect("can be read") {
        let entry = entry.expect("can be read");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&to).expect("a directory can be made");
            copy(&entry.path(), &to, change);
        } else if entry.file_name() == "Earthfile" {
            let text = fs::read_to_string(entry.path()).expect("it is text");
            fs::write(to, change(text)).expect("a file can be written");
        } else {
            fs::copy(entry.path(), to).expect("a file can be copied");
        }
    }
}
