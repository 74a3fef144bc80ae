//! The commands around building: `init`, `ls`, `doc`, `doctor`, `completions`, `man`.

use super::engine::{DOCKER_20, DOCKER_28};
use super::project::Project;
use std::process::Command;

const FILE: &str = "\
FROM busybox

# build makes it.
# Nothing else does.
build:
    # tag is a name.
    ARG tag=latest
    RUN true
    SAVE ARTIFACT /etc/hostname AS LOCAL out/name
    SAVE IMAGE it:$tag
plain:
    RUN true
";

#[test]
fn a_first_buildfile_is_written_and_builds() {
    let project = Project::new();
    let written = project.rbuild(["init"]).success();
    assert!(written.stdout.contains("written for generic"), "{written}");
    assert_eq!(project.list("."), [".rbuildignore", "Buildfile"]);
    project.write("Buildfile", &project.read("Buildfile").unwrap().replace("debian:bookworm-slim", "busybox:latest"));
    let listed = project.rbuild([]).success();
    assert!(listed.stdout.contains("+all    all checks and builds everything."), "{listed}");
    project.rbuild(["+all"]).success();
    assert_eq!(project.read("out/hello.txt").as_deref(), Some("Hello, world!\n"));
    project.rbuild(["init"]).code(2).stderr_contains("there is a Buildfile").stderr_contains("nothing was changed");
}

#[test]
fn the_template_suits_the_project() {
    let project = Project::new().file("go.mod", "module x\n").file(".earthlyignore", "x\n");
    let written = project.rbuild(["init"]).success();
    assert!(written.stdout.contains("written for go, as go.mod is here"), "{written}");
    assert_eq!(project.list("."), [".earthlyignore", "Buildfile", "go.mod"]);
    for kind in ["rust", "go", "node", "python", "maven", "gradle", "cmake", "generic"] {
        let project = Project::new();
        project.rbuild(["init", "--template", kind]).success();
        let planned = project.rbuild(["plan", "+all"]).success();
        assert!(planned.stderr.is_empty(), "{kind}: {planned}");
    }
}

#[test]
fn comments_are_shown() {
    let project = Project::new().buildfile(FILE);
    let listed = project.rbuild(["ls", "--args", "--long"]).success();
    assert_eq!(
        listed.stdout,
        "+build  build makes it.\n        Nothing else does.\n    --tag=latest  tag is a name.\n+plain\n"
    );
    let all = project.rbuild(["doc"]).success();
    assert_eq!(all.stdout, "+build [--tag=latest]\n    build makes it.\n    Nothing else does.\n");
    let one = project.rbuild(["doc", "+build"]).success();
    for part in ["Optional arguments:", "+build/hostname", "out/name", "it:$tag"] {
        assert!(one.stdout.contains(part), "{part}: {one}");
    }
    project.rbuild(["doc", "+biuld"]).code(2).stderr_contains("did you mean `+build`?");
    project.rbuild(["doc", "./nowhere+x"]).code(2).stderr_contains("there is no Buildfile in");
}

#[test]
fn a_list_needs_one_file_only() {
    let project = Project::new()
        .buildfile("FROM busybox\nx:\n  BUILD ./other+y\n  BUILD github.com/no/where+z\n")
        .file("other/Buildfile", "FROM\n");
    assert_eq!(project.rbuild(["ls"]).success().stdout, "+x\n");
}

#[test]
fn the_doctor_finds_a_healthy_engine() {
    let project = Project::new().buildfile("FROM busybox\n");
    let told = project.rbuild(["doctor"]).success();
    for part in ["ok       engine", "Docker 28", "BuildKit", "locks hold", "/Buildfile\n"] {
        assert!(told.stdout.contains(part), "{part}: {told}");
    }
    assert!(told.stderr.is_empty(), "{told}");
    let old = Project::on(DOCKER_20).rbuild(["doctor"]).success();
    assert!(old.stdout.contains("limited  BuildKit") && old.stdout.contains("`rbuild init` writes one"), "{old}");
}

#[test]
fn the_doctor_finds_that_there_is_no_engine() {
    let project = Project::new().env("DOCKER_HOST", "unix:///nowhere.sock");
    let told = project.rbuild(["doctor", "--format", "json"]).code(4);
    let findings: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    let engine = findings.as_array().unwrap().iter().find(|finding| finding["subject"] == "engine").unwrap();
    assert_eq!(engine["health"], "broken");
    assert!(engine["text"].as_str().unwrap().contains("unix:///nowhere.sock"), "{engine}");
    assert!(engine["help"].as_str().unwrap().contains("start Docker"), "{engine}");
}

#[test]
fn bash_completes_targets_and_arguments() {
    let project = Project::on(DOCKER_28).buildfile(FILE);
    let script = project.rbuild(["completions", "bash"]).success().stdout;
    // What bash does at the tab key: its own words are cut at every `=`.
    let complete = |line: &str, words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let typed = format!(
            "{script}\nCOMP_LINE='{line}' COMP_POINT={} COMP_WORDS=({}) COMP_CWORD={}\n_rbuild\nprintf '%s|' \"${{COMPREPLY[@]}}\"",
            line.len(),
            words.join(" "),
            words.len() - 1
        );
        let bin = std::path::Path::new(env!("CARGO_BIN_EXE_rbuild")).parent().unwrap();
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let mut bash = Command::new("bash");
        let output = bash.args(["-c", &typed]).env("PATH", path).current_dir(project.path(".")).output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(complete("rbuild +b", &["rbuild", "+b"]), "+build|");
    assert_eq!(complete("rbuild +build --ta", &["rbuild", "+build", "--ta"]), "--tag=|");
    assert_eq!(complete("rbuild --progress=pl", &["rbuild", "--progress", "=", "pl"]), "plain|");
    assert_eq!(complete("rbuild doct", &["rbuild", "doct"]), "doctor|");
    for (shell, part) in [("zsh", "#compdef rbuild"), ("fish", "complete -c rbuild")] {
        assert!(project.rbuild(["completions", shell]).success().stdout.contains(part), "{shell}");
    }
}

#[test]
fn there_is_a_manual_page() {
    let project = Project::new();
    let page = project.rbuild(["man"]).success();
    assert!(page.stdout.contains(".TH rbuild 1") && page.stdout.contains("max\\-parallelism"), "{page}");
    let page = project.rbuild(["man", "plan"]).success();
    assert!(page.stdout.contains("evaluate"), "{page}");
    project.rbuild(["man", "plna"]).code(2).stderr_contains("`rbuild man plan`");
}

#[test]
fn arguments_for_all_targets_are_checked_once_against_all_of_them() {
    let project = Project::new().buildfile("FROM busybox\nt:\n  RUN true\nu:\n  ARG x\n  RUN echo $x\n");
    let project = project.file("lib/Buildfile", "FROM busybox\nv:\n  RUN true\n");
    // What is an option behind a target is an argument's name like others here.
    let odd = project.rbuild(["--build-arg", "push=1", "plan", "+t", "+u"]).success();
    let note = "note: the argument `push` has no effect: no ARG has this name\n";
    assert_eq!(odd.stderr.matches(note).count(), 1, "{odd}");
    project.rbuild(["--build-arg", "x=1", "plan", "+u", "./lib+v"]).success().stderr_lacks("no effect");
    project.rbuild(["plan", "+t", "--push"]).success();
    project.rbuild(["plan", "+t", "--push=1"]).code(2).stderr_contains("rbuild's own options go before the target");
}
