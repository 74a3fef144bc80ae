//! The house rules that a program can check: floors, doors, sizes, names. docs/architecture.md tells what they are for.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

#[path = "floors/code.rs"]
mod code;

use code::{Named, blank, named, split_tests};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Modules and their floors, in tenths. A module names only modules of lower floors, and itself.
const FLOORS: &[(&str, u32)] = &[
    ("main", 80),
    ("cli", 70),
    ("ui", 60),
    ("run", 50),
    ("engine", 40),
    ("cache", 40),
    ("machine", 40),
    ("workspace", 40),
    ("host", 40),
    ("terminal", 40),
    ("telemetry", 40),
    ("lock", 35),
    ("living", 35),
    ("graph", 30),
    ("lint", 25),
    ("analysis", 20),
    ("format", 20),
    ("syntax", 10),
    ("diagnostic", 5),
    ("history", 6),
    ("event", 5),
    ("trace", 3),
    ("digest", 0),
    ("image_name", 0),
    ("platform", 0),
    ("shell", 0),
    ("source", 0),
    ("tree", 0),
    ("url", 0),
];

/// Below this floor there is no I/O, no async, no clock, no environment.
const PURE_BELOW: u32 = 35;

/// Modules that only some of the floors above may know: the language ends where evaluation makes a graph of it, and the terminal
/// knows nothing but events.
const KNOWN_TO: &[(&str, &[&str])] = &[
    ("syntax", &["analysis", "format", "lint", "run", "cli"]),
    ("format", &["cli"]),
    ("analysis", &["lint", "run", "cli"]),
    ("lint", &["cli"]),
    ("graph", &["engine", "cache", "workspace", "run", "cli"]),
    ("engine", &["run", "cli"]),
    ("machine", &["run", "cli"]),
    ("workspace", &["run", "cli"]),
    ("host", &["run", "cli"]),
    ("living", &["workspace", "host", "cli"]),
    ("terminal", &["cli"]),
    ("telemetry", &["cli"]),
    ("run", &["cli"]),
    ("cli", &["main"]),
];

/// Outside crates and their doors. A crate without doors is free.
const DOORS: &[(&str, &[&str])] = &[
    ("async_trait", &["engine", "run"]),
    ("base64", &["engine/docker"]),
    ("bollard", &["engine/docker"]),
    ("bollard_buildkit_proto", &["engine"]),
    ("clap", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("console", &["ui"]),
    ("fs4", &["lock"]),
    ("futures_util", &["engine", "run"]),
    ("hyper", &["engine/docker"]),
    ("hyper_util", &["engine/buildkit", "engine/docker"]),
    ("indexmap", &[]),
    ("indicatif", &["ui"]),
    ("miette", &["ui"]),
    ("pest", &["syntax"]),
    ("pest_derive", &["syntax"]),
    ("prost", &["engine"]),
    ("regex_lite", &["workspace/remote"]),
    ("rustix", &["lock", "living", "engine/docker", "host", "machine", "terminal"]),
    ("serde", &[]),
    ("serde_json", &[]),
    ("serde_saphyr", &["engine/docker/inner"]),
    ("sha2", &["digest"]),
    ("similar", &["ui"]),
    ("socket2", &["engine/docker"]),
    ("tempfile", &["cache", "lock", "workspace"]),
    ("thiserror", &[]),
    ("time", &["cache", "engine/docker", "ui"]),
    ("tokio", &["lock", "engine", "cache", "workspace", "host", "terminal", "run", "cli"]),
    ("tokio_rustls", &["engine/docker"]),
    ("tokio_stream", &["engine"]),
    ("tokio_util", &["engine"]),
    ("toml_edit", &["cli/git_sites", "cli/settings"]),
    ("tonic", &["engine"]),
    ("tower", &["engine/buildkit"]),
    ("tracing", &["cache", "engine", "run", "cli"]),
    ("ureq", &["engine/docker/registry", "telemetry"]),
];

/// Who may do what with the process it runs in: path, whether what lies below it is meant too, doors.
const PROCESS: &[(&str, &[&str])] = &[
    ("std::process::exit", &["cli"]),
    ("std::process::abort", &[]),
    ("std::process::ExitCode", &["cli", "main"]),
    ("std::io::stdout", &["cli", "ui"]),
    ("std::io::stderr", &["cli", "ui"]),
    ("print!", &[]),
    ("println!", &[]),
    ("eprint!", &[]),
    ("eprintln!", &[]),
];

/// Parts of `std::env` that read nothing.
const ENV_IS_DATA: &[&str] = &["std::env::consts", "std::env::split_paths", "std::env::join_paths"];

/// What pure floors must not name.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::io",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::net::TcpStream",
    "std::os",
    "std::sync::OnceLock",
    "std::sync::LazyLock",
    "thread_local!",
    "static",
    "async",
    "await",
];

/// Impure names that pure floors may use, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("tree", "std::fs::File", "the trait names what its implementations open; nothing is opened here"),
    ("tree", "std::io", "the same: errors of its implementations"),
];

/// Lines of a file before its tests.
const LONGEST: usize = 600;

struct File {
    /// Path below `src`.
    path: PathBuf,
    /// Modules: `["engine", "docker", "client"]`.
    module: Vec<String>,
    /// Whether it is built for tests only.
    test_only: bool,
    text: String,
}

impl File {
    /// The module that the floors are about.
    fn top(&self) -> &str {
        &self.module[0]
    }

    fn is_in(&self, doors: &[&str]) -> bool {
        let place = self.module.join("/");
        doors.iter().any(|door| place == *door || place.starts_with(&format!("{door}/")))
    }

    /// What it names: in what is built, and in its tests.
    fn named(&self) -> (Vec<Named>, Vec<Named>) {
        let (code, tests) = split_tests(&self.text);
        let below = code.lines().count();
        let code = named(&blank(code));
        let tests = named(&blank(tests)).into_iter().map(|name| Named { line: name.line + below, ..name }).collect();
        if self.test_only { (Vec::new(), [code, tests].concat()) } else { (code, tests) }
    }

    /// A path from the crate's root; `None` for paths that begin elsewhere.
    fn rooted(&self, parts: &[String], depth: usize) -> Option<Vec<String>> {
        let ups = parts.iter().take_while(|part| *part == "super").count();
        match parts[0].as_str() {
            "crate" => Some(parts[1..].to_vec()),
            "super" => {
                let base = (self.module.len() + depth).saturating_sub(ups).min(self.module.len());
                Some(self.module[..base].iter().chain(&parts[ups..]).cloned().collect())
            }
            _ => None,
        }
    }
}

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn files() -> Vec<File> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    rust_files(&src, &mut paths);
    paths.sort();
    assert!(paths.len() > 100, "the source was not found");
    let mut files: Vec<File> = paths
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            let path = path.strip_prefix(&src).unwrap().to_owned();
            let mut module: Vec<String> = path
                .with_extension("")
                .components()
                .map(|part| part.as_os_str().to_str().unwrap().to_owned())
                .collect();
            if module.last().is_some_and(|last| last == "mod") {
                module.pop();
            }
            let test_only = module.iter().any(|part| part == "tests" || part.ends_with("_tests"));
            File { path, module, test_only, text }
        })
        .collect();
    let only_for_tests: Vec<PathBuf> = files.iter().flat_map(test_modules).collect();
    for file in &mut files {
        file.test_only |= only_for_tests.contains(&file.path);
    }
    files.retain(|file| file.path != Path::new("lib.rs"));
    files
}

/// Files that a module declares for tests only.
fn test_modules(file: &File) -> Vec<PathBuf> {
    let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
    let declared = lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]").filter_map(|pair| {
        let name = pair[1].strip_suffix(';')?.rsplit_once("mod ")?.1;
        Some(file.path.with_file_name(format!("{name}.rs")))
    });
    declared.collect()
}

fn floor(module: &str) -> Option<u32> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

/// Whether a path is `what` or lies below it.
fn is_below(path: &str, what: &str) -> bool {
    path == what || path.strip_prefix(what).is_some_and(|rest| rest.starts_with("::"))
}

/// Runs a rule on all files; a rule says what is wrong, line by line.
fn check(rule: impl Fn(&File, &mut dyn FnMut(usize, String))) {
    let mut wrong = String::new();
    for file in files() {
        rule(&file, &mut |line, what| writeln!(wrong, "src/{}:{line}: {what}", file.path.display()).unwrap());
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_module_has_a_floor() {
    check(|file, wrong| {
        if floor(file.top()).is_none() {
            wrong(1, format!("`{}` has no floor", file.top()));
        }
    });
}

#[test]
fn modules_name_only_lower_floors() {
    check(|file, wrong| {
        let (code, tests) = file.named();
        for (depth, name) in code.iter().map(|name| (0, name)).chain(tests.iter().map(|name| (1, name))) {
            let Some(path) = file.rooted(&name.parts, if file.test_only { 0 } else { depth }) else { continue };
            let (Some(there), Some(here)) = (path.first(), floor(file.top())) else { continue };
            let Some(below) = floor(there).filter(|_| there != file.top()) else { continue };
            if below >= here {
                wrong(name.line, format!("`{}` names `{there}`, which is not on a lower floor", file.top()));
            }
            let known = KNOWN_TO.iter().find(|(module, _)| module == there);
            if known.is_some_and(|(_, users)| !users.contains(&file.top())) {
                wrong(name.line, format!("`{}` must not know `{there}`", file.top()));
            }
        }
    });
}

#[test]
fn outside_crates_are_named_at_their_doors() {
    check(|file, wrong| {
        for name in file.named().0 {
            let first = name.parts[0].as_str();
            let is_path = name.parts.len() > 1;
            if let Some((_, doors)) = DOORS.iter().find(|(outside, _)| *outside == first)
                && is_path
                && !doors.is_empty()
                && !file.is_in(doors)
            {
                wrong(name.line, format!("`{first}` is named outside its door ({})", doors.join(", ")));
            }
        }
    });
}

#[test]
fn every_dependency_has_a_door() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let (_, rest) = manifest.split_once("\n[dependencies]\n").unwrap();
    let section = rest.split("\n[").next().unwrap();
    let given: BTreeSet<String> =
        section.lines().filter_map(|line| Some(line.split_once(" =")?.0.replace('-', "_"))).collect();
    let listed: BTreeSet<String> = DOORS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(given, listed, "Cargo.toml and DOORS list the same crates");
    let used: BTreeSet<String> =
        files().iter().flat_map(|file| file.named().0).map(|name| name.parts[0].clone()).collect();
    let unused: Vec<&String> = given.iter().filter(|name| !used.contains(*name)).collect();
    assert!(unused.is_empty(), "nothing uses {unused:?}");
}

#[test]
fn environment_terminal_and_exit_belong_to_the_top() {
    check(|file, wrong| {
        for name in file.named().0 {
            let text = name.text();
            let is_data = ENV_IS_DATA.iter().any(|data| is_below(&text, data));
            if is_below(&text, "std::env") && !is_data && !file.is_in(&["cli"]) {
                wrong(name.line, format!("`{text}`: only cli reads the environment"));
            }
            if let Some((_, doors)) = PROCESS.iter().find(|(what, _)| is_below(&text, what))
                && !file.is_in(doors)
            {
                wrong(name.line, format!("`{text}` belongs to {}", doors.join(" and ")));
            }
        }
    });
}

#[test]
fn low_floors_are_pure() {
    check(|file, wrong| {
        if floor(file.top()).is_none_or(|floor| floor >= PURE_BELOW) {
            return;
        }
        for name in file.named().0 {
            let text = name.text();
            let excepted = EXCEPTIONS.iter().any(|(module, what, _)| *module == file.top() && is_below(&text, what));
            if !excepted && IMPURE.iter().any(|what| is_below(&text, what)) {
                wrong(name.line, format!("`{text}` on a floor without I/O, async, clock and globals"));
            }
        }
    });
}

#[test]
fn files_are_short() {
    check(|file, wrong| {
        let lines = split_tests(&file.text).0.lines().count();
        if !file.test_only && lines > LONGEST {
            wrong(lines, format!("{lines} lines; split it before {LONGEST}"));
        }
    });
}

#[test]
fn names_say_what_is_inside() {
    check(|file, wrong| {
        for part in &file.module {
            if ["util", "utils", "helper", "helpers", "common", "manager", "imp", "misc"].contains(&part.as_str()) {
                wrong(1, format!("`{part}` says nothing"));
            }
        }
    });
}

#[test]
fn a_mod_file_only_lists() {
    check(|file, wrong| {
        if file.path.file_name().is_none_or(|name| name != "mod.rs") {
            return;
        }
        let mut open = false;
        for (index, line) in blank(&file.text).lines().enumerate() {
            let line = line.trim();
            let item = line.strip_prefix("pub").map_or(line, |rest| {
                let rest = rest.trim_start();
                rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest)
            });
            let lists = open
                || line.is_empty()
                || line.starts_with("#[")
                || line.starts_with("#![")
                || (item.trim_start().starts_with("mod ") && line.ends_with(';'))
                || (item.trim_start().starts_with("use ") && line.starts_with("pub"));
            if !lists {
                wrong(index + 1, format!("`{line}`: only docs, `mod` and `pub use` stand here"));
            }
            // A `use` may go on over several lines.
            open = (open || item.trim_start().starts_with("use ")) && !line.ends_with(';');
        }
    });
}
