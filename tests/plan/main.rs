//! What Buildfiles mean: cases in the language itself, and limits of evaluation.
//!
//! `*.earth` is read as an `Earthfile`, `*.build` as a `Buildfile`. Comments at the top of a case say what is asked of it:
//!
//! ```text
//! # rbuild plan --details +all --x=1
//! # image app:1 {"Env":["A=1"],"WorkingDir":"/srv"}
//! ```
//!
//! Each command line gives a section of `<case>.plan` beside the case: the plan, or the diagnostics. Images without a line are unknown, as
//! to `rbuild plan`. A line `==== dir/Buildfile` begins another file. `UPDATE=1 cargo test --test plan` rewrites what is expected.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

mod answers;
mod case;
mod limits;
mod random;
mod raw_output;
mod rules;
mod traces;
mod world;

use case::Case;
use std::fs;
use std::path::{Path, PathBuf};

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or("")
}

#[test]
fn cases() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plan");
    let mut files: Vec<PathBuf> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let update = std::env::var_os("UPDATE").is_some();
    let mut failures = Vec::new();
    let mut ran = 0;
    for path in &files {
        let expected = path.with_extension("plan");
        match extension(path) {
            "rs" => continue,
            "plan" => {
                let known = ["earth", "build"].iter().any(|extension| path.with_extension(extension).exists());
                assert!(known, "{}: no case belongs to this plan", path.display());
                continue;
            }
            "earth" | "build" => {}
            _ => panic!("{}: neither a case nor a plan", path.display()),
        }
        ran += 1;
        let text = fs::read_to_string(path).unwrap();
        let got = Case::read(&text, extension(path) == "build")
            .unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
            .run();
        if update {
            fs::write(&expected, &got).unwrap();
            continue;
        }
        match fs::read_to_string(&expected) {
            Ok(held) if held == got => {}
            Ok(held) => failures.push(format!("{}\n{}", path.display(), difference(&held, &got))),
            Err(_) => failures.push(format!("{}: no plan is expected; got\n{got}", path.display())),
        }
    }
    assert!(ran > 0, "there are no cases in {}", dir.display());
    assert!(failures.is_empty(), "{} of {ran} cases failed\n\n{}", failures.len(), failures.join("\n\n"));
}

/// The lines from the first to the last one that differ.
fn difference(expected: &str, got: &str) -> String {
    let (expected, got): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), got.lines().collect());
    let start = expected.iter().zip(&got).take_while(|(a, b)| a == b).count();
    let rest = (&expected[start..], &got[start..]);
    let end = rest.0.iter().rev().zip(rest.1.iter().rev()).take_while(|(a, b)| a == b).count();
    let mark = |sign: &str, lines: &[&str]| {
        lines[..lines.len() - end].iter().map(|line| format!("{sign}{line}\n")).collect::<String>()
    };
    format!("at line {}:\n{}{}", start + 1, mark("-", rest.0), mark("+", rest.1))
}
