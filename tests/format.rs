//! Formatting: cases, and that no Buildfile of this repository changes its meaning by it.
//!
//! `tests/format/*.earth` is read as an `Earthfile`, `*.build` as a `Buildfile`; beside each lies what becomes of it, `.formatted`.
//! `UPDATE=1 cargo test --test format` rewrites it. What must hold for every text is in `syntax_properties.rs`.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

use rbuild::format::format;
use rbuild::source::FileId;
use rbuild::syntax::{ParseOptions, parse};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "syntax/dump.rs"]
mod dump;
#[path = "docs/page.rs"]
#[expect(dead_code, reason = "only blocks are looked at here")]
mod page;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn options(buildfile: bool) -> ParseOptions {
    ParseOptions { default_version_is_1_0: buildfile }
}

/// Formats a text and checks what must hold; `None` where it has errors.
fn checked(name: &str, text: &str, buildfile: bool) -> Option<String> {
    let options = options(buildfile);
    let formatted = format(FileId(0), text, options).ok()?;
    let tree = |text: &str| dump::dump(&parse(FileId(0), text, options).file);
    assert_eq!(tree(&formatted), tree(text), "{name} has another meaning as\n{formatted}");
    assert_eq!(format(FileId(0), &formatted, options).as_ref(), Ok(&formatted), "{name} is formatted twice");
    Some(formatted)
}

/// All files below a directory.
fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or("")
}

#[test]
fn cases() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut paths = Vec::new();
    files(&root().join("tests/format"), &mut paths);
    paths.retain(|path| matches!(extension(path), "earth" | "build"));
    assert!(paths.len() >= 4, "the cases were not found");
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let got = checked(&path.display().to_string(), &text, extension(&path) == "build");
        let got = got.unwrap_or_else(|| panic!("{} has errors", path.display()));
        let expected = path.with_extension(format!("{}.formatted", extension(&path)));
        if update {
            fs::write(&expected, &got).unwrap();
        } else {
            let held = fs::read_to_string(&expected).unwrap_or_default();
            assert_eq!(held, got, "{}", path.display());
        }
    }
}

/// The names of the flags without a value, as the commands list them.
fn switches() -> Vec<String> {
    let mut files = Vec::new();
    rust_files(&root().join("src/analysis/commands"), &mut files);
    let texts: Vec<String> = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let names = texts.iter().flat_map(|text| text.split("FlagSpec::switch(\"").skip(1));
    names.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if extension(&path) == "rs" {
            found.push(path);
        }
    }
}

#[test]
fn a_line_may_go_on_below_behind_any_flag_without_a_value() {
    let switches = switches();
    assert!(switches.iter().any(|name| name == "if-exists"), "{switches:?}");
    let [first, second] = ["a", "b"].map(|letter| letter.repeat(70));
    for name in switches {
        let text = format!("VERSION 1.0\n\nt:\n    COPY --{name} {first} {second}\n");
        let formatted = checked(&name, &text, true).unwrap();
        assert!(formatted.contains(&format!("COPY --{name} \\\n        {first} \\\n")), "{formatted}");
    }
}

#[test]
fn what_people_take_over_is_formatted() {
    let mut paths = vec![root().join("Buildfile")];
    files(&root().join("stdlib-examples"), &mut paths);
    files(&root().join("src/cli/templates"), &mut paths);
    paths.retain(|path| path.to_string_lossy().ends_with("Buildfile"));
    assert!(paths.len() > 8, "the files were not found");
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(format(FileId(0), &text, options(true)).as_ref(), Ok(&text), "{}", path.display());
    }
}

#[test]
fn no_buildfile_of_the_repository_changes_its_meaning() {
    let mut paths = Vec::new();
    for dir in ["tests/corpus", "tests/plan", "tests/syntax", "tests/docs", "stdlib-examples", "docs"] {
        files(&root().join(dir), &mut paths);
    }
    paths.extend([root().join("README.md"), root().join("Buildfile")]);
    let mut formatted = 0;
    for path in paths {
        let name = path.display().to_string();
        let mut check = |text: &str, buildfile| formatted += usize::from(checked(&name, text, buildfile).is_some());
        let file_name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        match (file_name, extension(&path)) {
            ("Buildfile", _) => check(&fs::read_to_string(&path).unwrap(), true),
            ("Earthfile", _) => check(&fs::read_to_string(&path).unwrap(), false),
            (_, extension @ ("earth" | "build")) => {
                let text = fs::read_to_string(&path).unwrap();
                // A line `==== dir/Buildfile` begins another file of a case.
                for part in text.split("\n==== ") {
                    let part = part
                        .split_once('\n')
                        .filter(|(first, _)| first.ends_with("file"))
                        .map_or(part, |(_, rest)| rest);
                    check(part, extension == "build");
                }
            }
            (_, "md") => {
                for block in page::Page::read(&path).blocks {
                    match block.language().as_str() {
                        "buildfile" => check(&block.text, true),
                        "earthfile" => check(&block.text, false),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    assert!(formatted > 150, "only {formatted} files have no errors");
}

/// The formatter, which knows no flags but by their names, has to know which of them stand alone.
#[test]
fn switches_are_those_of_the_language() {
    let quoted = |text: &str, before: &str| -> BTreeSet<String> {
        let parts = text.split(before).skip(1);
        parts.filter_map(|part| Some(part.split_once('"')?.0.to_owned())).collect()
    };
    let mut sources = Vec::new();
    files(&root().join("src/analysis"), &mut sources);
    sources.retain(|path| extension(path) == "rs" && !path.to_string_lossy().contains("tests"));
    let read = |path: &Path| fs::read_to_string(path).unwrap();
    let known: BTreeSet<String> = sources.iter().flat_map(|path| quoted(&read(path), "FlagSpec::switch(\"")).collect();
    let wrap = read(&root().join("src/format/wrap.rs"));
    let (_, list) = wrap.split_once("const SWITCHES: &[&str] = &[").unwrap();
    let listed = quoted(list.split_once("];").unwrap().0, "\"--");
    assert!(known.len() > 20, "the tables were not found");
    assert_eq!(listed, known);
}
