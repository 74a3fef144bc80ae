//! Earthfiles as people write them: every target of each one plans under the versions that its text can stand, and what needs no
//! network beyond the engine's own images runs.
//!
//! A directory is a project; `_library` is the content of a repository that two of them use.

mod library;
mod project;

use library::Library;
use project::Project;
use std::collections::BTreeSet;
use std::fs;

/// A project of the corpus.
struct Case {
    name: &'static str,
    /// Versions that its text stands besides its own. Before 0.7 base arguments are seen everywhere and cannot be global, and a file
    /// without a version has no flags.
    versions: &'static [&'static str],
    /// Arguments that some of its targets require.
    args: &'static [&'static str],
    /// Targets to run; none where its images are not those of every engine.
    runs: &'static [&'static str],
}

const ALL: &[&str] = &["0.7", "0.8", "1.0"];
const OWN: &[&str] = &[];

const fn planned(name: &'static str) -> Case {
    Case { name, versions: ALL, args: &[], runs: &[] }
}

const fn run(name: &'static str, runs: &'static [&'static str]) -> Case {
    Case { name, versions: ALL, args: &[], runs }
}

const CORPUS: &[Case] = &[
    run("artifacts", &["+save"]),
    run("caches", &["+count", "+kept"]),
    run("command_keyword", &["+greeting", "+named"]),
    planned("compose_tests"),
    run("context_patterns", &["+build"]),
    run("control_flow", &["+all"]),
    planned("cpp_cmake"),
    run("dockerfile", &["+image", "+other"]),
    planned("docs_site"),
    planned("dotnet"),
    Case { name: "elixir", versions: OWN, args: &[], runs: &[] },
    run("env_scopes", &["+child", "+all"]),
    run("functions", &["+build", "+check"]),
    run("git_clone", &["+library"]),
    run("git_metadata", &["+stamp"]),
    planned("go_service"),
    Case { args: &["--VERSION=v1.2.3"], ..planned("helm_charts") },
    run("hosts", &["+build"]),
    planned("java_gradle"),
    run("lexical_continuations", &["+build"]),
    run("lexical_crlf", &["+build"]),
    run("lexical_no_final_newline", &["+build"]),
    run("lexical_quotes", &["+build"]),
    run("lexical_tabs", &["+build"]),
    run("locally_tools", &["+use", "+generate"]),
    Case { args: &["--TAG=v1"], ..run("monorepo", &["+all", "+release"]) },
    run("multiple_images", &["+image", "+debug"]),
    run("nested_conditions", &["+build", "+from-branch"]),
    Case { name: "no_version", versions: OWN, args: &[], runs: &["+build"] },
    planned("node_app"),
    Case { name: "old_style", versions: OWN, args: &[], runs: &["+all"] },
    run("pass_args", &["+outer"]),
    planned("php_composer"),
    run("platforms", &["+all", "+native"]),
    run("project_line", &["+build"]),
    planned("protobuf"),
    planned("python_poetry"),
    Case { args: &["--GOOS=linux", "--GOARCH=amd64"], ..run("release_matrix", &["+all", "+checksums"]) },
    run("remote_library", &["+build"]),
    planned("rust_workspace"),
    run("secrets", &["+private"]),
    run("shell_out", &["+build", "+by-arg"]),
    Case { args: &["--env=staging"], ..planned("terraform") },
    run("try_finally", &["+test"]),
    run("users", &["+build"]),
    run("wildcard_builds", &["+all", "+gather"]),
];

#[test]
fn the_list_names_every_project() {
    let listed: BTreeSet<_> = CORPUS.iter().map(|case| case.name.to_owned()).collect();
    let entries = fs::read_dir(project::corpus()).expect("the corpus is there");
    let there: BTreeSet<_> = entries
        .map(|entry| entry.expect("can be read"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('_'))
        .collect();
    assert_eq!(listed, there);
    assert!(listed.len() >= 40, "{} projects", listed.len());
}

#[test]
fn every_target_plans_under_every_version() {
    let library = Library::new();
    let mut faults = Vec::new();
    for case in CORPUS {
        for version in std::iter::once(None).chain(case.versions.iter().copied().map(Some)) {
            let project = Project::new(case.name, version, &library);
            for target in project.targets() {
                let outcome = project.rbuild(&["plan", &target], case.args);
                if !outcome.ok {
                    faults.push(format!("{} {} {target}\n{}", case.name, version.unwrap_or("as it is"), outcome.text));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} plans failed:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn what_needs_no_network_runs() {
    let library = Library::new();
    let mut faults = Vec::new();
    for case in CORPUS {
        let project = Project::new(case.name, None, &library);
        for target in case.runs {
            let outcome =
                project.rbuild(&["--no-output", "--allow-privileged", "--secret", "TOKEN=s3cret", target], case.args);
            if !outcome.ok {
                faults.push(format!("{} {target}\n{}", case.name, outcome.text));
            }
        }
    }
    assert!(faults.is_empty(), "{} builds failed:\n{}", faults.len(), faults.join("\n"));
}
