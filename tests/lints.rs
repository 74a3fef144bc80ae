//! Lints: their page in the documentation is whole, and they raise no false alarms on Buildfiles as people write them.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

use rbuild::analysis::{Options, analyse};
use rbuild::diagnostic::{Diagnostic, Severity};
use rbuild::lint::{LINTS, check};
use rbuild::source::Sources;
use rbuild::syntax::{ParseOptions, parse};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Buildfiles and Earthfiles below a directory.
fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, found);
        } else if path.ends_with("Earthfile") || path.to_string_lossy().ends_with("Buildfile") {
            found.push(path);
        }
    }
}

/// What is found in the files below a directory: `path:line: code: message`.
fn found(dir: &str) -> Vec<String> {
    let mut paths = Vec::new();
    files(&root().join(dir), &mut paths);
    assert!(!paths.is_empty(), "there is no Buildfile in {dir}");
    let mut lines = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let buildfile = !path.ends_with("Earthfile");
        let mut sources = Sources::default();
        let name = path.strip_prefix(root().join(dir)).unwrap().display().to_string();
        let file = sources.add(name, text.as_str());
        let options = ParseOptions { default_version_is_1_0: buildfile };
        let parsed = parse(file, &text, options);
        let (unit, faults) = analyse(file, &parsed.file, &Options { buildfile, ..Options::default() });
        assert!(!parsed.diagnostics.iter().chain(&faults).any(Diagnostic::is_error), "{} has errors", path.display());
        for diagnostic in check(&unit, &text, options, &|_| None) {
            let at = sources.location(diagnostic.span().unwrap());
            lines.push(format!("{}:{}: {}: {}", at.file, at.line, diagnostic.code, diagnostic.message));
        }
    }
    lines
}

#[test]
fn examples_are_clean() {
    for dir in ["stdlib-examples", "src/cli/templates"] {
        assert_eq!(found(dir), Vec::<String>::new());
    }
}

/// Each line here was looked at, and is right.
#[test]
fn what_is_found_in_the_corpus_is_right() {
    let path = root().join("tests/lints.expected");
    let got: String = found("tests/corpus").iter().map(|line| format!("{line}\n")).collect();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &got).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), got, "`UPDATE=1` rewrites what is expected");
}

/// The page that the lints make.
fn page() -> String {
    let mut page = "\
# Lints

`rbuild check` looks for what the language allows and what is trouble nevertheless. `rbuild check --explain CODE` shows what stands here.
This page is made from the source by `UPDATE=1 cargo test --test lints`.

A comment allows a lint: `# rbuild: allow(code)`, with several codes separated by commas. Directly above a command it holds for this
command (a whole block, if it begins one), directly above a target for the target, and at the top of the file, above `VERSION` or an empty
line, for the file.

| Code | Severity | Finds |
|---|---|---|
"
    .to_owned();
    let severity = |severity| if severity == Severity::Error { "error" } else { "warning" };
    for lint in LINTS {
        writeln!(page, "| [`{0}`](#{0}) | {1} | {2} |", lint.code, severity(lint.severity), lint.summary).unwrap();
    }
    for lint in LINTS {
        writeln!(page, "\n## {}\n\n{}\n", lint.code, lint.explanation).unwrap();
        // Every example is planned by a test, with what it requires.
        let info = if lint.code == "missing-required" { "Buildfile --TAG=v1" } else { "Buildfile" };
        writeln!(page, "```{info}\n{}```\n\nBetter:\n\n```{info}\n{}```", lint.bad, lint.good).unwrap();
    }
    page
}

#[test]
fn the_page_of_lints_is_whole() {
    let path = root().join("docs/lints.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, page()).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), page(), "`UPDATE=1 cargo test --test lints` rewrites it");
}
