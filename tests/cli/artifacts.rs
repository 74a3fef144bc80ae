//! Files that come out of a build.

use super::engine::{DOCKER_28, Engine};
use super::on_each_engine;
use super::project::Project;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

on_each_engine!(
    files_and_directories_are_saved_where_the_recipe_says,
    a_saved_directory_replaces_the_one_that_was_there,
    modes_and_links_are_kept,
    owners_and_times_are_those_of_the_version,
);

/// A target whose recipe makes some files in `/out`, and ends as given.
fn saves(engine: Engine, end: &str) -> Project {
    Project::on(engine).buildfile(&format!(
        "
FROM busybox
WORKDIR /out
made:
  RUN mkdir -p dir/sub && echo %nonce% > one.txt && echo two > two.txt && echo 3 > dir/three && echo 4 > dir/sub/four
t:
  FROM +made
{end}
"
    ))
}

fn files_and_directories_are_saved_where_the_recipe_says(engine: Engine) {
    let project = saves(
        engine,
        "
  SAVE ARTIFACT one.txt AS LOCAL renamed.txt
  SAVE ARTIFACT one.txt AS LOCAL deep/er/
  SAVE ARTIFACT /out/two.txt AS LOCAL .
  SAVE ARTIFACT dir AS LOCAL whole
  SAVE ARTIFACT dir AS LOCAL into/
  SAVE ARTIFACT *.txt AS LOCAL globbed/
  SAVE ARTIFACT one.txt elsewhere/name.txt AS LOCAL last/
",
    );
    let outcome = project.rbuild(["+t"]).success();
    assert_eq!(project.read("renamed.txt").as_deref(), Some("%nonce%\n"), "{outcome}");
    assert_eq!(project.list("deep/er"), ["one.txt"]);
    assert_eq!(project.read("two.txt").as_deref(), Some("two\n"));
    assert_eq!(project.list("whole"), ["sub", "three"]);
    assert_eq!(project.read("whole/sub/four").as_deref(), Some("4\n"));
    assert_eq!(project.list("into"), ["dir"]);
    assert_eq!(project.list("into/dir"), ["sub", "three"]);
    assert_eq!(project.list("globbed"), ["one.txt", "two.txt"]);
    assert_eq!(project.list("last"), ["name.txt"]);
    outcome.stderr_contains("renamed.txt (+t)");
}

fn a_saved_directory_replaces_the_one_that_was_there(engine: Engine) {
    let project = saves(engine, "  SAVE ARTIFACT dir AS LOCAL whole\n  SAVE ARTIFACT one.txt AS LOCAL one\n");
    let project = project.file("whole/old", "gone").file("one", "old").file("beside", "kept");
    project.rbuild(["+t"]).success();
    assert_eq!(project.list("whole"), ["sub", "three"]);
    assert_eq!(project.read("one").as_deref(), Some("%nonce%\n"));
    assert_eq!(project.list("."), ["Buildfile", "beside", "one", "whole"]);
}

fn modes_and_links_are_kept(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM busybox
t:
  RUN mkdir /d && echo %nonce% > /d/run && chmod 755 /d/run && ln -s run /d/link && echo 1 > /d/plain && chmod 640 /d/plain
  SAVE ARTIFACT /d AS LOCAL d
",
    );
    project.rbuild(["+t"]).success();
    let mode = |path: &str| fs::metadata(project.path(path)).expect("is saved").permissions().mode() & 0o777;
    assert_eq!((mode("d/run"), mode("d/plain")), (0o755, 0o640));
    assert_eq!(fs::read_link(project.path("d/link")).expect("is a link").to_str(), Some("run"));
}

#[test]
fn an_artifact_that_did_not_change_is_saved_again_when_it_is_gone() {
    let project = saves(DOCKER_28, "  SAVE ARTIFACT one.txt AS LOCAL one\n");
    project.rbuild(["+t"]).success();
    fs::remove_file(project.path("one")).expect("is there");
    project.rbuild(["--progress=json", "+t"]).success().all_cached();
    assert_eq!(project.read("one").as_deref(), Some("%nonce%\n"));
}

#[test]
fn one_artifact_of_a_target_can_be_had_alone() {
    let project = saves(DOCKER_28, "  SAVE ARTIFACT one.txt AS LOCAL one\n  SAVE ARTIFACT dir\n");
    project.rbuild(["+t/one.txt", "./mine.txt"]).success();
    assert_eq!(project.read("mine.txt").as_deref(), Some("%nonce%\n"));
    assert_eq!(project.read("one"), None, "only what was asked for");
    project.rbuild(["+t/dir/three", "put/"]).success();
    assert_eq!(project.list("put"), ["three"]);
    project.rbuild(["+t/dir"]).success();
    assert_eq!(project.list("dir"), ["sub", "three"]);
}

#[test]
fn nothing_is_written_without_output() {
    let project = saves(DOCKER_28, "  SAVE ARTIFACT one.txt AS LOCAL one\n");
    project.rbuild(["--no-output", "+t"]).success();
    project.rbuild(["--ci", "+t"]).success();
    assert_eq!(project.list("."), ["Buildfile"]);
}

#[test]
fn nothing_is_written_when_something_failed() {
    let project = saves(
        DOCKER_28,
        "  SAVE ARTIFACT one.txt AS LOCAL one\nfails:\n  RUN : %nonce%; exit 1\nall:\n  BUILD +t\n  BUILD +fails\n",
    );
    project.rbuild(["+all"]).code(1);
    project.rbuild(["--keep-going", "+all"]).code(1);
    assert_eq!(project.list("."), ["Buildfile"]);
}

#[test]
fn a_directory_does_not_replace_a_file() {
    let project = saves(DOCKER_28, "  SAVE ARTIFACT dir AS LOCAL taken\n").file("taken", "mine");
    let outcome = project.rbuild(["+t"]);
    assert_ne!(outcome.status.code(), Some(0), "{outcome}");
    outcome.stderr_contains("taken").stderr_contains("directory").stderr_contains("file");
    assert_eq!(project.read("taken").as_deref(), Some("mine"));
    assert_eq!(project.list("."), ["Buildfile", "taken"]);
}

#[test]
fn what_cannot_be_placed_keeps_all_the_rest_from_its_place() {
    let project = saves(
        DOCKER_28,
        "  SAVE ARTIFACT one.txt AS LOCAL one\n  SAVE ARTIFACT dir AS LOCAL taken\n  SAVE IMAGE rbuild-test/%nonce%:t\n",
    )
    .file("taken", "mine");
    project.rbuild(["+t"]).code(1).stderr_contains("Buildfile:9:3").stderr_lacks("stored").stderr_lacks("saved");
    assert_eq!(project.list("."), ["Buildfile", "taken"]);
    assert!(project.engine().image(&project.fill("rbuild-test/%nonce%:t")).is_none());
}

#[test]
fn outside_of_the_project_only_force_writes() {
    let project = saves(DOCKER_28, "  SAVE ARTIFACT one.txt AS LOCAL ../%nonce%-out\n");
    let outside = project.path(&project.fill("../%nonce%-out"));
    project.rbuild(["+t"]).code(3).stderr_contains("--force").stderr_contains("Buildfile:8");
    assert!(!outside.exists());
    project.write("Buildfile", &project.read("Buildfile").expect("is there").replace("ARTIFACT", "ARTIFACT --force"));
    project.rbuild(["+t"]).success();
    assert!(outside.is_file());
    fs::remove_file(outside).expect("is there");
}

#[test]
fn a_link_in_the_project_does_not_lead_an_artifact_out_of_it() {
    let project = saves(DOCKER_28, "  SAVE ARTIFACT one.txt AS LOCAL link/one\n");
    let outside = tempfile::tempdir().expect("a directory can be made");
    std::os::unix::fs::symlink(outside.path(), project.path("link")).expect("a link can be made");
    let outcome = project.rbuild(["+t"]);
    assert_ne!(outcome.status.code(), Some(0), "{outcome}");
    assert_eq!(fs::read_dir(outside.path()).expect("can be read").count(), 0);
}

#[test]
fn an_artifact_that_is_not_there_is_named_with_its_line() {
    let project = saves(DOCKER_28, "  SAVE ARTIFACT nothing.txt AS LOCAL x\n");
    project.rbuild(["+t"]).code(1).stderr_contains("nothing.txt").stderr_contains("Buildfile:8");
    let project = saves(DOCKER_28, "  SAVE ARTIFACT --if-exists nothing.txt AS LOCAL x\n");
    project.rbuild(["+t"]).success();
    assert_eq!(project.list("."), ["Buildfile"]);
}

#[test]
fn a_glob_needs_a_directory_to_go_to() {
    let project = saves(DOCKER_28, "  SAVE ARTIFACT *.txt AS LOCAL place\n");
    let outcome = project.rbuild(["+t"]);
    assert_ne!(outcome.status.code(), Some(0), "{outcome}");
    outcome.stderr_contains("place/");
}

fn owners_and_times_are_those_of_the_version(engine: Engine) {
    let file = |version: &str| {
        format!(
            "VERSION {version}
FROM busybox
made:
  RUN mkdir /d && echo %nonce% > /d/f && touch -d '2001-02-03 04:05:06' /d/f && chown 5:6 /d/f
  SAVE ARTIFACT /d/f plain AS LOCAL plain
  SAVE ARTIFACT --keep-own /d/f owned
  SAVE ARTIFACT --keep-ts /d timed AS LOCAL timed
t:
  COPY --keep-own --keep-ts +made/plain +made/owned /
  COPY --keep-own --keep-ts --dir +made/timed /
  RUN stat -c '%n %u:%g %Y' /plain /owned /timed/f; : %nonce%
  BUILD +made
"
        )
    };
    for (version, owner) in [("0.6", "0:0"), ("0.7", "5:6"), ("0.8", "5:6")] {
        let project = Project::on(engine).file("Earthfile", &file(version));
        let outcome = project.rbuild(["+t"]).success();
        let expected = [
            format!("/plain {owner} 1587038400"),
            "/owned 5:6 1587038400".to_owned(),
            format!("/timed/f {owner} 981173106"),
        ];
        assert_eq!(outcome.printed_by("+t"), expected, "{version}: {outcome}");
        let seconds = |path: &str| fs::metadata(project.path(path)).expect("is saved").mtime();
        assert_eq!((seconds("plain"), seconds("timed/f")), (1_587_038_400, 981_173_106), "{version}");
    }
}
