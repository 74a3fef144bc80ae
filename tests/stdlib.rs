//! The examples: every target plans, and what needs nothing but the images of every test engine is built.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("stdlib-examples")
}

/// Directories with a Buildfile below one.
fn projects(below: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(path.join("Buildfile").is_file().then(|| path.clone()));
            found.extend(projects(&path));
        }
    }
    found.sort();
    found
}

fn rbuild(dir: &Path, engine: &str, words: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rbuild"));
    let path =
        format!("{}:/usr/local/bin:/usr/bin:/bin", Path::new(env!("CARGO_BIN_EXE_rbuild")).parent().unwrap().display());
    command
        .args(words)
        .current_dir(dir)
        .env_clear()
        .env("PATH", path)
        .env("HOME", home.path())
        .env("DOCKER_HOST", engine);
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn every_target_plans_without_a_word() {
    let (mut faults, mut targets) = (String::new(), 0);
    for dir in projects(&examples()) {
        let listed = rbuild(&dir, "unix:///nowhere.sock", &["ls", "--args"]);
        assert!(listed.status.success(), "{}", said(&listed));
        let text = String::from_utf8(listed.stdout).unwrap();
        let mut required: Vec<(String, Vec<String>)> = Vec::new();
        for line in text.lines() {
            let word = line.split_whitespace().next().unwrap();
            match required.last_mut() {
                Some((_, args)) if line.starts_with(' ') => {
                    args.extend(word.strip_suffix('…').map(|arg| format!("{arg}x")));
                }
                _ => {
                    assert!(line.contains("  "), "{}: {word} has no comment", dir.display());
                    required.push((word.to_owned(), Vec::new()));
                }
            }
        }
        for (target, args) in required {
            targets += 1;
            let words: Vec<&str> = ["plan", &target].into_iter().chain(args.iter().map(String::as_str)).collect();
            let planned = rbuild(&dir, "unix:///nowhere.sock", &words);
            if !planned.status.success() || !planned.stderr.is_empty() {
                faults.push_str(&format!("{} {target}\n{}\n", dir.display(), said(&planned)));
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
    assert!(targets > 30, "only {targets} targets were found");
}

#[test]
fn every_example_is_in_the_list_and_has_a_page() {
    let index = std::fs::read_to_string(examples().join("README.md")).unwrap();
    for entry in std::fs::read_dir(examples()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(index.contains(&format!("[{name}]({name}/README.md)")), "{name} is not in the list");
            assert!(
                path.join("README.md").is_file() && !projects(&examples().join(name)).is_empty()
                    || path.join("Buildfile").is_file()
            );
        }
    }
}

fn engine() -> String {
    std::env::var("RBUILD_TEST_ENGINE_28").expect("scripts/test sets RBUILD_TEST_ENGINE_28")
}

#[test]
fn what_needs_no_network_is_built() {
    let with_docker = ["--allow-privileged", "--dockerd-image", "dind:latest", "+test"];
    let builds: [(&str, &[&str]); 8] = [
        ("hello", &["+all"]),
        ("compose", &with_docker),
        ("release", &["+all"]),
        ("release", &["+image"]),
        ("monorepo", &["+all"]),
        ("monorepo", &["+test"]),
        ("git-version/example", &["+version"]),
        ("ci-caches", &["+all"]),
    ];
    for (dir, words) in builds {
        let words: Vec<&str> = ["--no-output"].into_iter().chain(words.iter().copied()).collect();
        let built = rbuild(&examples().join(dir), &engine(), &words);
        assert!(built.status.success(), "{dir} {words:?}\n{}", said(&built));
    }
}

#[test]
fn two_jobs_share_a_cache() {
    let dir = examples().join("ci-caches");
    let path =
        format!("{}:/usr/local/bin:/usr/bin:/bin", Path::new(env!("CARGO_BIN_EXE_rbuild")).parent().unwrap().display());
    let home = tempfile::tempdir().unwrap();
    let mut jobs = Command::new("./two-jobs");
    jobs.current_dir(&dir).env_clear().env("PATH", path).env("HOME", home.path()).env("DOCKER_HOST", engine());
    let output = jobs.output().unwrap();
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    let numbers = text.lines().filter(|line| line.contains("is number") && !line.contains("--> ")).count();
    assert_eq!(numbers, 2, "{text}");
}
