//! The README's first Buildfile, followed to the letter on a real engine.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

#[path = "docs/page.rs"]
mod page;

use page::Page;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What differs from run to run and from machine to machine is the same then: engine, directory, time, what was cached.
fn settled(line: &str, dir: &Path) -> String {
    let line =
        line.replace("*cached* ", "").replace(&dir.display().to_string(), "DIR").replace("/home/you/first", "DIR");
    if let Some((building, _)) = line.split_once(" on Docker ") {
        return building.to_owned();
    }
    if let Some(rest) = line.strip_prefix("context ") {
        return format!("context {}", rest.split_whitespace().next().unwrap_or_default());
    }
    if let Some((built, rest)) = line.strip_prefix("built ").and_then(|rest| rest.split_once(" in ")) {
        let steps = rest.split_once(": ").map_or("", |(_, steps)| steps.split(',').next().unwrap_or_default());
        return format!("built {built}: {steps}");
    }
    // Names of targets are padded to the longest so far.
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Steps run in parallel, so only what is said counts, not in which order.
fn settle(text: &str, dir: &Path) -> Vec<String> {
    // A machine that is busy takes so long for a step that its end is told too.
    let told = text.lines().filter(|line| !line.contains(" done in "));
    let mut lines: Vec<String> = told.map(|line| settled(line, dir)).collect();
    lines.sort();
    lines
}

#[test]
fn the_first_buildfile_does_what_the_readme_says() {
    let engine = std::env::var("RBUILD_TEST_ENGINE_28").expect("scripts/test sets RBUILD_TEST_ENGINE_28");
    let page = Page::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"));
    let block = |language: &str| page.blocks.iter().find(|block| block.language() == language).unwrap();
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().canonicalize().unwrap().join("first");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("Buildfile"), &block("buildfile").text).unwrap();
    let place = Place { dir, home: home.path().to_owned(), engine };
    let sessions: Vec<&str> = block("console").text.split("$ ").skip(1).collect();
    assert_eq!(sessions.len(), 3, "{}", page.path.display());
    for session in sessions {
        let (command, expected) = session.split_once('\n').unwrap();
        // Whoever ran the same before has left its results in the engine.
        let said = place.run(command, &[("RBUILD_NO_CACHE", "1")]);
        assert_eq!(settle(&said, &place.dir), settle(expected, &place.dir), "{command}\n{said}");
    }
    // The block of further commands works as well.
    let further = page.blocks.iter().filter(|block| block.language() == "sh").nth(2).unwrap();
    for line in further.text.lines() {
        place.run(line, &[]);
    }
    assert_eq!(std::fs::read_to_string(place.dir.join("report.txt")).unwrap(), "words:\napple\npear\n");
}

/// Where the reader is.
struct Place {
    dir: PathBuf,
    home: PathBuf,
    engine: String,
}

impl Place {
    /// Runs a line in a shell, and gives what it said. It must succeed.
    fn run(&self, line: &str, environment: &[(&str, &str)]) -> String {
        let program = Path::new(env!("CARGO_BIN_EXE_rbuild")).parent().unwrap();
        let output = Command::new("sh")
            .args(["-c", &format!("{{ {line}\n}} 2>&1")])
            .current_dir(&self.dir)
            .env_clear()
            .env("HOME", &self.home)
            .env("PATH", format!("{}:{}", program.display(), std::env::var("PATH").unwrap()))
            .env("DOCKER_HOST", &self.engine)
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{line}\n{said}");
        said
    }
}
