//! Language cases in the language itself: `tests/syntax/**/*.earth` (read as an `Earthfile`) and `*.build` (as a `Buildfile`).
//!
//! Above each line stand the diagnostics that it must give, as lines that begin with `#! `; they are taken out before the text is parsed.
//! Beside each case stands `<case>.tree`: the tree it must give, and what `print` makes of it where there is no error.
//! `UPDATE=1 cargo test --test syntax` rewrites both.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rbuild::diagnostic::Severity;
use rbuild::source::{FileId, Sources};
use rbuild::syntax::{ParseOptions, parse, print};

#[path = "syntax/dump.rs"]
mod dump;

const MARK: &str = "#! ";

fn all_files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("the case directory can be read") {
        let path = entry.expect("the case directory can be read").path();
        if path.is_dir() { all_files(&path, out) } else { out.push(path) }
    }
    out.sort();
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or("")
}

/// The case with the diagnostics that the parser finds, and its tree.
fn run(path: &Path, case: &str) -> (String, String) {
    let text: String = case.split_inclusive('\n').filter(|line| !line.trim_start().starts_with(MARK)).collect();
    let options = ParseOptions { default_version_is_1_0: extension(path) == "build" };
    let mut sources = Sources::default();
    let file = sources.add("case", text.as_str());
    let parsed = parse(file, &text, options);

    let mut marks: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for fault in &parsed.diagnostics {
        let severity = if fault.severity == Severity::Error { "error" } else { "warning" };
        let mut line_number = 0;
        let mut mark = String::new();
        for (index, label) in fault.labels.iter().enumerate() {
            let at = sources.location(label.span);
            let marked = sources.text(label.span).lines().next().unwrap_or("");
            if index == 0 {
                line_number = at.line;
                mark += &format!("{MARK}{} {severity} {} `{marked}`: {}", at.column, fault.code, fault.message);
                if !label.text.is_empty() {
                    mark += &format!("; {}", label.text);
                }
            } else {
                mark += &format!("; {}:{} `{marked}` {}", at.line, at.column, label.text);
            }
        }
        mark += &fault.help.as_ref().map(|help| format!("; help: {help}")).unwrap_or_default();
        marks.entry(line_number).or_default().push(mark);
    }
    let mut marked = String::new();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        for mark in marks.remove(&(index + 1)).unwrap_or_default() {
            marked += &format!("{mark}\n");
        }
        marked += line;
    }
    assert!(marks.is_empty(), "{}: diagnostics behind the end of the text: {marks:?}", path.display());

    let mut tree = dump::dump(&parsed.file);
    if !parsed.diagnostics.iter().any(rbuild::diagnostic::Diagnostic::is_error) {
        let printed = print(&parsed.file);
        tree += &format!("---- printed ----\n{printed}");
        let again = parse(FileId(0), &printed, options);
        assert_eq!(
            again.diagnostics.iter().filter(|fault| fault.is_error()).count(),
            0,
            "{}: {printed}",
            path.display()
        );
        assert_eq!(dump::dump(&again.file), dump::dump(&parsed.file), "{}: {printed}", path.display());
        assert_eq!(print(&again.file), printed, "{}", path.display());
    }
    (marked, tree)
}

#[test]
fn cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax");
    let mut files = Vec::new();
    all_files(&root, &mut files);
    let update = std::env::var_os("UPDATE").is_some();
    let mut ran = 0;
    let mut failures = Vec::new();
    for path in &files {
        match extension(path) {
            "earth" | "build" => {}
            "tree" => {
                assert!(path.with_extension("").exists(), "{}: no case belongs to this tree", path.display());
                continue;
            }
            "rs" => continue,
            _ => panic!("{}: a file in the case directory that no test picks up", path.display()),
        }
        ran += 1;
        let case = fs::read_to_string(path).expect("a case can be read");
        let (marked, tree) = run(path, &case);
        let tree_path = path.with_extension(format!("{}.tree", extension(path)));
        if update {
            fs::write(path, &marked).expect("a case can be written");
            fs::write(&tree_path, &tree).expect("a tree can be written");
            continue;
        }
        if marked != case {
            failures.push(format!("{}: found\n{marked}", path.display()));
        }
        if fs::read_to_string(&tree_path).unwrap_or_default() != tree {
            failures.push(format!("{}: found\n{tree}", tree_path.display()));
        }
    }
    assert!(ran >= 18, "only {ran} cases were found");
    assert!(failures.is_empty(), "{}\n`UPDATE=1` rewrites the cases", failures.join("\n"));
}
