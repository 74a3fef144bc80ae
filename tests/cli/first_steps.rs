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
    assert!(written.stdout.contains("written as an example"), "{written}");
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
    for kind in ["rust", "go", "node", "python", "maven", "gradle", "cmake", "compose", "dockerfile", "generic"] {
        let project = Project::new().file("Dockerfile", "FROM busybox:latest\n");
        project.rbuild(["init", kind]).success();
        let planned = project.rbuild(["plan", "+all"]).success();
        assert!(planned.stderr.is_empty(), "{kind}: {planned}");
    }
}

#[test]
fn other_kinds_of_project_are_told() {
    let project = Project::new().file("go.mod", "module x\n").file("package.json", "{}\n");
    let written = project.rbuild(["init"]).success();
    assert!(written.stdout.contains("package.json is here too: for that,"), "{written}");
    assert!(written.stdout.contains("`rbuild init node`"), "{written}");
    assert!(project.read(".rbuildignore").unwrap().contains("node_modules/\n"), "{written}");
}

#[test]
fn a_new_ignore_file_has_what_docker_left_out() {
    let project = Project::new()
        .file("Dockerfile", "FROM busybox:latest\nCOPY . /all\n")
        .file("secret.env", "x\n")
        .file(".dockerignore", "*.env\n!out/");
    let written = project.rbuild(["init"]).success();
    assert!(written.stdout.contains("written for dockerfile, as Dockerfile is here"), "{written}");
    assert!(written.stdout.contains("has the lines of .dockerignore too"), "{written}");
    let ignored = project.read(".rbuildignore").unwrap();
    assert!(ignored.starts_with(".git/\nout/\n") && ignored.ends_with(":\n*.env\n!out/\n"), "{ignored}");
    project.write(
        "Buildfile",
        "FROM busybox:latest\nx:\n  FROM DOCKERFILE .\n  RUN test -e /all/Dockerfile -a ! -e /all/secret.env\n",
    );
    project.rbuild(["+x"]).success();
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
fn what_has_no_effect_is_refused_and_not_in_the_help() {
    let project = Project::new().buildfile(FILE).env("RBUILD_PUSH", "1");
    project.rbuild(["ls"]).success();
    project.rbuild(["ls", "--push"]).code(2).stderr_contains("`--push` has no effect on `rbuild ls`");
    project.rbuild(["-j", "2", "fmt"]).code(2).stderr_contains("`--max-parallelism` has no effect on `rbuild fmt`");
    project.rbuild(["plan", "+build", "--no-output"]).code(2).stderr_contains("`rbuild plan --help`");
    for option in ["--timings", "--keep-going", "--pull", "--verbose", "--secret=a=b"] {
        let name = option.split('=').next().unwrap();
        let told = format!("`{name}` has no effect on `rbuild plan` without `--evaluate`");
        project.rbuild(["plan", option, "+build"]).code(2).stderr_contains(&told);
    }
    project.rbuild(["plan", "-P", "--ci", "--no-cache", "--platform=linux/arm64", "+build"]).success();
    let help = project.rbuild(["ls", "--help"]).success();
    assert!(help.stdout.contains("--args") && help.stdout.contains("--file"), "{help}");
    assert!(!help.stdout.contains("--push") && help.stdout.lines().count() < 90, "{help}");
    let help = project.rbuild(["prune", "-h"]).success();
    assert!(help.stdout.contains("--age") && help.stdout.contains("All options: rbuild prune --help"), "{help}");
    assert!(!help.stdout.contains("--max-parallelism") && !help.stdout.contains("--progress"), "{help}");
    let help = project.rbuild(["help", "fmt"]).success();
    assert!(help.stdout.contains("--check") && !help.stdout.contains("--push"), "{help}");
}

#[test]
fn what_was_meant_is_told() {
    let project = Project::new().buildfile(FILE);
    project.rbuild(["build"]).code(2).stderr_contains("did you mean `rbuild +build`?");
    project.rbuild(["--artifact"]).code(2).stderr_contains("write `rbuild --artifact +TARGET`");
    project.rbuild(["--TAG=x", "+build"]).code(2).stderr_contains("stands behind it: `rbuild +build --TAG=x`");
    project.rbuild(["prune", "--reset"]).code(2).stderr_contains("`rbuild prune --all`");
    project.rbuild(["help", "bootstrap"]).code(2).stderr_contains("rbuild has no command `bootstrap`");
    project.rbuild(["earthly", "+build"]).code(2).stderr_contains("write `rbuild +TARGET`");
    project.rbuild(["config", "global.cache_size_mb", "2000"]).code(2).stderr_contains("rbuild prune --size 10GB");
    let project = Project::new().file("other/Buildfile", FILE);
    project.rbuild(["-f", "other/Buildfile", "plain"]).code(2).stderr_contains("did you mean `+plain`?");
    let nowhere = project.rbuild(["./nope/./x+y"]).code(2);
    assert!(nowhere.stderr.contains("/nope/x\n") && !nowhere.stderr.contains("/./"), "{nowhere}");
}

#[test]
fn the_doctor_looks_where_the_options_say() {
    let project = Project::new().file("other/Buildfile", FILE);
    let told = project.rbuild(["doctor", "--file", "other", "--ssh-auth-sock", "/nowhere/agent"]).success();
    assert!(
        told.stdout.contains("/other/Buildfile\n") && told.stdout.contains("/nowhere/agent, which does not exist"),
        "{told}"
    );
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
    assert_eq!(complete("rbuild --timings +b", &["rbuild", "--timings", "+b"]), "+build|");
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
