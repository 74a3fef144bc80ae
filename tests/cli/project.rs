//! A directory with a Buildfile, and rbuild run in it as if nothing else were on the machine.

use super::at_terminal::AtTerminal;
use super::engine::{DOCKER_28, Engine};
use super::outcome::Outcome;
use super::running::Running;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// A project directory. `%nonce%` in the text of its files and arguments becomes a word that no other test, and no earlier run,
/// has used: whatever contains it was never built before. Image names must contain it, and are removed at the end.
#[derive(Debug)]
#[must_use]
pub struct Project {
    dir: TempDir,
    home: TempDir,
    engine: Engine,
    nonce: String,
    env: BTreeMap<String, String>,
}

impl Project {
    /// An empty directory, and engine 28.
    pub fn new() -> Self {
        Self::on(DOCKER_28)
    }

    /// An empty directory, and an engine.
    pub fn on(engine: Engine) -> Self {
        let dir = tempfile::Builder::new().prefix("project-").tempdir().expect("a directory can be made");
        let home = tempfile::Builder::new().prefix("home-").tempdir().expect("a directory can be made");
        Self { dir, home, engine, nonce: nonce(), env: BTreeMap::new() }
    }

    /// Another checkout of the same project: the files that it has so far, the same nonce and cache directory.
    pub fn checkout(&self) -> Self {
        let mut other = Self::on(self.engine).env("RBUILD_CACHE_DIR", &self.cache_dir().display().to_string());
        other.nonce.clone_from(&self.nonce);
        copy_all(self.dir.path(), other.dir.path());
        other
    }

    /// The same with a file. Directories are made as needed.
    pub fn file(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    /// The same with a `Buildfile`.
    pub fn buildfile(self, text: &str) -> Self {
        self.file("Buildfile", text)
    }

    /// The same with an environment variable for every run.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), self.fill(value));
        self
    }

    /// Writes a file.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        let parent = path.parent().expect("a file has a directory");
        fs::create_dir_all(parent).expect("a directory can be made");
        fs::write(path, self.fill(text)).expect("a file can be written");
    }

    /// The content of a file that the project has; `None` where it has none.
    pub fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.path(path)).ok().map(|text| text.replace(&self.nonce, "%nonce%"))
    }

    /// The names in a directory of the project, sorted.
    pub fn list(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(path)).into_iter().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("can be read").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// A path in the project.
    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Where locks and records lie.
    pub fn cache_dir(&self) -> PathBuf {
        self.env.get("RBUILD_CACHE_DIR").map_or_else(|| self.home.path().join("cache"), PathBuf::from)
    }

    /// The word that is this project's alone.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The engine.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The text with the nonce put in.
    pub fn fill(&self, text: &str) -> String {
        text.replace("%nonce%", &self.nonce)
    }

    /// Runs rbuild to its end.
    #[must_use = "assert how it ended"]
    pub fn rbuild<const N: usize>(&self, arguments: [&str; N]) -> Outcome {
        self.start(arguments).finish()
    }

    /// Starts rbuild.
    pub fn start<const N: usize>(&self, arguments: [&str; N]) -> Running {
        self.start_with(&arguments)
    }

    /// The same with any number of arguments.
    pub fn start_with(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments), self.redactions())
    }

    /// The same, begun by another program that is given rbuild's command line as its last arguments.
    pub fn start_through<const W: usize, const N: usize>(&self, wrapper: [&str; W], arguments: [&str; N]) -> Running {
        let rbuild = self.command(&arguments);
        let mut command = Command::new(wrapper[0]);
        command
            .args(&wrapper[1..])
            .arg(rbuild.get_program())
            .args(rbuild.get_args())
            .current_dir(self.dir.path())
            .env_clear();
        command.envs(rbuild.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Running::start(command, self.redactions())
    }

    /// The same with a text on standard input.
    #[must_use = "assert how it ended"]
    pub fn rbuild_with_input<const N: usize>(&self, arguments: [&str; N], input: &str) -> Outcome {
        Running::start_with_input(self.command(&arguments), self.redactions(), input).finish()
    }

    /// Starts rbuild at a terminal.
    pub fn at_terminal<const N: usize>(&self, arguments: [&str; N]) -> AtTerminal {
        AtTerminal::start(self.command(&arguments))
    }

    /// Rbuild with its environment, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rbuild"));
        command
            .args(arguments.iter().map(|argument| self.fill(argument)))
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.home.path())
            .env("RBUILD_CACHE_DIR", self.home.path().join("cache"))
            .env("DOCKER_HOST", self.engine.host())
            .env("LC_ALL", "C.UTF-8")
            .env("NO_COLOR", "1")
            .envs(&self.env);
        command
    }

    fn redactions(&self) -> Vec<(String, &'static str)> {
        let path = |path: &Path| path.display().to_string();
        vec![
            (path(self.dir.path()), "[PROJECT]"),
            (path(self.home.path()), "[HOME]"),
            (self.engine.host(), "[ENGINE]"),
            (self.nonce.clone(), "[NONCE]"),
        ]
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if !std::thread::panicking() || std::env::var_os("RBUILD_TEST_KEEP").is_none() {
            self.engine.remove_images(&self.nonce);
            self.engine.remove_volumes(&self.nonce);
        }
    }
}

/// A word that is new in every process and at every call.
fn nonce() -> String {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_micros();
    format!("n{now:x}x{:x}x{}", std::process::id(), CALLS.fetch_add(1, Ordering::Relaxed))
}

fn copy_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("can be read") {
        let entry = entry.expect("can be read");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&to).expect("a directory can be made");
            copy_all(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a file can be copied");
        }
    }
}
