//! What the documents say is true: their Buildfiles plan, their command lines parse, their links lead somewhere, their tables of
//! options are whole.
//!
//! A block with the language `Buildfile` is planned, every target of it, without an engine; further words of its info string are
//! arguments for the targets. Behind `wrong` it must be refused with exit code 3, and every line of the `text` block that follows
//! must be among what is said.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

#[path = "docs/page.rs"]
mod page;
#[path = "docs/reference.rs"]
mod reference;
#[path = "docs/schema.rs"]
mod schema;
#[path = "docs/shell.rs"]
mod shell;

use clap::{CommandFactory as _, Parser as _};
use page::{Block, Page};
use rbuild::cli::{Arguments, Exit};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(dir: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path, wanted));
        } else if wanted(&path) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn pages() -> Vec<Page> {
    let markdown = |path: &Path| path.extension().is_some_and(|extension| extension == "md");
    let mut paths = files_below(&root().join("docs"), &markdown);
    paths.extend(files_below(&root().join("stdlib-examples"), &markdown));
    let top = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    paths.extend(top.filter(|path| path.is_file() && markdown(path)));
    assert!(paths.contains(&root().join("README.md")) && paths.len() > 5, "the documents were not found");
    paths.iter().map(|path| Page::read(path)).collect()
}

/// Collects what is wrong, and says all of it at once.
#[derive(Default)]
struct Wrong(String);

impl Wrong {
    fn at(&mut self, page: &Page, line: usize, what: impl std::fmt::Display) {
        let path = page.path.strip_prefix(root()).unwrap_or(&page.path);
        writeln!(self.0, "{}:{line}: {what}", path.display()).unwrap();
    }

    fn end(self) {
        assert!(self.0.is_empty(), "\n{}", self.0);
    }
}

/// Runs `rbuild` with nothing of this process's environment, and no engine within reach.
fn rbuild(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rbuild"))
        .current_dir(dir)
        .env_clear()
        .env("HOME", dir)
        .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
        .args(args)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The names of the targets in a file.
fn targets(text: &str) -> Vec<String> {
    let name = |line: &str| {
        let name = line.trim_end().strip_suffix(':')?;
        let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
        (begins && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))).then(|| format!("+{name}"))
    };
    text.lines().filter_map(name).collect()
}

/// Plans targets one by one.
fn plan(dir: &Path, targets: &[String], args: &[String]) -> Vec<Output> {
    let plan = |target: &String| {
        let words = ["plan", target].into_iter().chain(args.iter().map(String::as_str));
        rbuild(dir, &words.collect::<Vec<_>>())
    };
    targets.iter().map(plan).collect()
}

fn plan_block(block: &Block, following: Option<&Block>) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    let name = if block.language() == "earthfile" { "Earthfile" } else { "Buildfile" };
    std::fs::write(dir.path().join(name), &block.text).unwrap();
    std::fs::write(dir.path().join("Dockerfile"), "FROM busybox:latest\n").unwrap();
    let args: Vec<String> = block.info[1..].iter().filter(|word| word.starts_with("--")).cloned().collect();
    let is_wrong = block.info[1..].iter().any(|word| word == "wrong");
    let targets = targets(&block.text);
    if targets.is_empty() {
        return Err("the block has no target".to_owned());
    }
    let outputs = plan(dir.path(), &targets, &args);
    if !is_wrong {
        let failed = outputs.iter().find(|output| !output.status.success());
        return failed.map_or(Ok(()), |output| Err(format!("{}\n{}", output.status, text(&output.stderr))));
    }
    if !outputs.iter().any(|output| output.status.code() == Some(Exit::Buildfile.code().into())) {
        return Err("it was expected to be refused with exit code 3".to_owned());
    }
    let said: String = outputs.iter().map(|output| text(&output.stderr)).collect();
    let Some(told) = following.filter(|following| following.language() == "text") else {
        return Err("no `text` block with the message follows".to_owned());
    };
    match told.text.lines().map(str::trim).find(|line| !said.contains(line)) {
        Some(line) => Err(format!("`{line}` is not said:\n{said}")),
        None => Ok(()),
    }
}

#[test]
fn buildfiles_in_documents_plan() {
    let (mut wrong, mut planned) = (Wrong::default(), 0);
    for page in pages() {
        for (index, block) in page.blocks.iter().enumerate() {
            if ["buildfile", "earthfile"].contains(&block.language().as_str()) {
                planned += 1;
                if let Err(fault) = plan_block(block, page.blocks.get(index + 1)) {
                    wrong.at(&page, block.line, fault);
                }
            }
        }
    }
    wrong.end();
    assert!(planned > 10, "only {planned} Buildfiles were found");
}

#[test]
fn buildfiles_of_the_project_plan() {
    let is_buildfile = |path: &Path| path.file_name().is_some_and(|name| name == "Buildfile");
    let mut paths = files_below(&root().join("stdlib-examples"), &is_buildfile);
    paths.push(root().join("Buildfile"));
    for path in paths {
        let text_of_file = std::fs::read_to_string(&path).unwrap();
        let targets = targets(&text_of_file);
        if targets.is_empty() {
            // A library of functions; the example beside it calls them.
            assert!(text_of_file.contains("    FUNCTION\n"), "{}", path.display());
            continue;
        }
        for output in plan(path.parent().unwrap(), &targets, &[]) {
            assert!(output.status.success(), "{}: {}", path.display(), text(&output.stderr));
            assert!(!output.stdout.is_empty(), "{}", path.display());
        }
    }
}

/// What is wrong with a command line of rbuild's.
fn fault(words: &[String]) -> Option<String> {
    match Arguments::try_parse_from(words) {
        Err(error) if error.use_stderr() => Some(error.to_string()),
        // Words that clap does not know are taken for targets, so that these can have arguments.
        Ok(parsed) => {
            let first = parsed.words.first().filter(|word| !word.contains('+'));
            first.map(|word| format!("`{word}` is neither an option nor a target"))
        }
        Err(_) => None,
    }
}

#[test]
fn command_lines_in_documents_parse() {
    let (mut wrong, mut parsed) = (Wrong::default(), 0);
    for page in pages() {
        let mut lines: Vec<(usize, String)> = Vec::new();
        for block in &page.blocks {
            let numbered = block.text.lines().enumerate().map(|(index, line)| (block.line + 1 + index, line));
            match block.language().as_str() {
                "sh" => lines.extend(numbered.map(|(at, line)| (at, line.to_owned()))),
                "console" => {
                    lines.extend(numbered.filter_map(|(at, line)| Some((at, line.strip_prefix("$ ")?.to_owned()))));
                }
                _ => {}
            }
        }
        // `rbuild plan` in a sentence names the command.
        let whole = |code: &str| code.starts_with("rbuild ") && code.contains(['+', '-']) && !code.contains('…');
        lines.extend(page.inline().into_iter().filter(|(_, code)| whole(code)));
        for (line, command) in
            lines.iter().flat_map(|(line, text)| shell::commands(text).into_iter().map(move |c| (*line, c)))
        {
            if command[0] == "rbuild" {
                parsed += 1;
                if let Some(fault) = fault(&command) {
                    wrong.at(&page, line, fault);
                }
            } else if command[0].starts_with("scripts/") && !root().join(&command[0]).is_file() {
                wrong.at(&page, line, format!("`{}` does not exist", command[0]));
            }
        }
    }
    wrong.end();
    assert!(parsed > 10, "only {parsed} command lines were found");
}

#[test]
fn wrong_command_lines_would_be_found() {
    for line in ["rbuild --nope +a", "rbuild -j x +a", "rbuild tset", "rbuild plan", "rbuild plan --format=x +a"] {
        assert!(fault(&shell::commands(line)[0]).is_some(), "{line}");
    }
    for line in
        ["rbuild", "rbuild ls", "rbuild --help", "rbuild -j 2 +a --x=1 +b/c ./d", "rbuild plan --format=dot +a --x=1"]
    {
        assert_eq!(fault(&shell::commands(line)[0]), None, "{line}");
    }
}

#[test]
fn links_lead_somewhere() {
    let mut wrong = Wrong::default();
    for page in pages() {
        for (line, link) in page.links() {
            if link.starts_with("https://") {
                continue;
            }
            let (path, anchor) =
                link.split_once('#').map_or((link.as_str(), None), |(path, anchor)| (path, Some(anchor)));
            let there = if path.is_empty() { page.path.clone() } else { page.path.parent().unwrap().join(path) };
            if !there.exists() {
                wrong.at(&page, line, format!("`{link}` does not exist"));
            } else if anchor.is_some_and(|anchor| !Page::read(&there).anchors().iter().any(|known| known == anchor)) {
                wrong.at(&page, line, format!("`{link}` names no heading"));
            }
        }
    }
    wrong.end();
}

#[test]
fn files_named_in_the_architecture_exist() {
    let page = Page::read(&root().join("docs/architecture.md"));
    let (mut wrong, mut seen) = (Wrong::default(), 0);
    for (line, code) in page.inline() {
        let is_file = ["src/", "tests/", "scripts/", "grammar/", "docs/"].iter().any(|start| code.starts_with(start));
        if is_file {
            seen += 1;
            if !root().join(&code).exists() {
                wrong.at(&page, line, format!("`{code}` does not exist"));
            }
        }
    }
    wrong.end();
    assert!(seen > 20, "only {seen} files are named");
    let text = std::fs::read_to_string(&page.path).unwrap();
    for entry in std::fs::read_dir(root().join("src")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let stem = name.trim_end_matches(".rs");
        let listed = ["lib", "main"].contains(&stem)
            || text.contains(&format!("`{stem}`"))
            || text.contains(&format!("`{stem}/`"));
        assert!(listed, "docs/architecture.md does not list `{stem}`");
    }
}

#[test]
fn messages_in_the_troubleshooting_are_said() {
    let rust = |path: &Path| path.extension().is_some_and(|extension| extension == "rs");
    let files = files_below(&root().join("src"), &rust);
    let source: String = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let page = Page::read(&root().join("docs/troubleshooting.md"));
    let (mut wrong, mut seen) = (Wrong::default(), 0);
    for (line, heading) in page.prose.iter().filter_map(|(line, text)| Some((*line, text.strip_prefix("### ")?))) {
        // What a message quotes varies; what stands between is in the source.
        for piece in heading.split(['`', '…']).map(str::trim).filter(|piece| piece.len() > 7) {
            seen += 1;
            if !source.contains(piece) {
                wrong.at(&page, line, format!("nothing says `{piece}`"));
            }
        }
    }
    wrong.end();
    assert!(seen > 8, "only {seen} messages were found");
}

fn cli_page() -> Page {
    Page::read(&root().join("docs/cli.md"))
}

/// Compares a file with what it should be; with `UPDATE=1`, writes it.
fn is_current(path: &str, expected: &str) {
    let path = root().join(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = || text.lines().zip(expected.lines()).position(|(one, other)| one != other);
    assert!(
        text == expected,
        "{} is old from line {:?}; UPDATE=1 writes it",
        path.display(),
        differs().map(|at| at + 1)
    );
}

#[test]
fn the_reference_of_the_command_line_is_current() {
    let page = std::fs::read_to_string(root().join("docs/cli.md")).unwrap();
    is_current("docs/cli.md", &reference::filled(&page));
}

/// The examples in the page, and what the renderer writes of scripted builds.
#[test]
fn lines_of_progress_fit_their_schema() {
    let schema = schema::Schema::progress();
    let page = Page::read(&root().join("docs/progress.md"));
    let examples = page.blocks.iter().filter(|block| block.language() == "json").map(|block| block.text.clone());
    let is_json = |path: &Path| path.to_string_lossy().contains("__json__") && path.extension().is_some();
    let scripted = files_below(&root().join("src/ui/snapshots"), &is_json);
    let scripted = scripted.iter().map(|path| std::fs::read_to_string(path).unwrap());
    let texts: Vec<String> = examples.chain(scripted).collect();
    let lines: Vec<&str> = texts.iter().flat_map(|text| text.lines()).filter(|line| line.starts_with('{')).collect();
    assert!(lines.len() > 50, "{} lines were found", lines.len());
    let faults: Vec<String> =
        lines.iter().filter_map(|line| schema.check(&serde_json::from_str(line).unwrap()).err()).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    for wrong in [
        r#"{"event":"note","ms":1}"#,
        r#"{"event":"note","ms":1,"text":"a","more":1}"#,
        r#"{"event":"notes","ms":1,"text":"a"}"#,
        r#"{"v":2,"event":"note","ms":1,"text":"a"}"#,
        r#"{"event":"error","message":"a","help":null}"#,
    ] {
        assert!(schema.check(&serde_json::from_str(wrong).unwrap()).is_err(), "{wrong}");
    }
}

/// What the report says of a build with a step of each kind.
#[test]
fn a_report_fits_its_schema() {
    let schema = schema::Schema::report();
    let written = "rbuild__ui__reports__json__tests__a_build_is_told_whole.snap";
    let snapshot = std::fs::read_to_string(root().join("src/ui/reports/snapshots").join(written)).unwrap();
    let report = snapshot.split_once("\n{").map(|(_, report)| format!("{{{report}")).unwrap();
    schema.check(&serde_json::from_str(&report).unwrap()).unwrap();
}

#[test]
fn the_schema_of_settings_is_current() {
    is_current("docs/config.schema.json", &Arguments::schema());
}

#[test]
fn all_variables_are_told() {
    let mut command = Arguments::command();
    command.build();
    let mut expected: BTreeSet<String> =
        command.get_arguments().flat_map(|arg| Arguments::option(arg).variables).collect();
    // Variables that are read in one place, beside the options.
    let source = std::fs::read_to_string(root().join("src/cli/environment.rs")).unwrap();
    let (code, _) = source.split_once("#[cfg(test)]").unwrap_or((&source, ""));
    let words = code.split('"').skip(1).step_by(2);
    let is_variable = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let beside: BTreeSet<String> = words.filter(is_variable).map(str::to_owned).collect();
    expected.extend(beside.iter().cloned());
    let told: BTreeSet<String> = cli_page().inline().into_iter().map(|(_, code)| code).collect();
    let missing: Vec<_> = expected.difference(&told).collect();
    assert!(missing.is_empty(), "docs/cli.md does not tell {missing:?}");
    let rows: BTreeSet<String> = cli_page().rows().into_iter().filter(|row| is_variable(&row.as_str())).collect();
    let strange: Vec<_> = rows.difference(&beside).collect();
    assert!(strange.is_empty(), "nothing reads {strange:?}");
}

#[test]
fn the_short_help_fits_a_screen() {
    let help = rbuild(root(), &["-h"]);
    let help = text(&help.stdout);
    let (lines, widest) = (help.lines().count(), help.lines().map(|line| line.chars().count()).max().unwrap());
    assert!((24..=45).contains(&lines) && widest <= 80, "{lines} lines of {widest} columns:\n{help}");
    let mut command = Arguments::command();
    command.build();
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        let name = subcommand.get_name();
        assert!(name == "help" || subcommand.get_after_help().is_some(), "`rbuild {name} --help` has no example");
    }
}

#[test]
fn the_table_of_exit_codes_is_whole() {
    let exits = [Exit::Success, Exit::BuildFailed, Exit::Usage, Exit::Buildfile, Exit::Environment, Exit::Defect];
    let codes: BTreeSet<String> = exits.iter().map(|exit| exit.code().to_string()).collect();
    let listed: BTreeSet<String> = cli_page().rows().into_iter().filter(|row| row.parse::<u8>().is_ok()).collect();
    assert_eq!(listed, codes);
    assert_eq!(Exit::Signal(2).code(), 130);
    assert!(cli_page().rows().contains(&"128 + n".to_owned()));
}
