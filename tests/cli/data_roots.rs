//! `--docker-cache-in`: where the data of `WITH DOCKER --cache-id` daemons lies.

use super::engine::DOCKER_28;
use super::project::Project;
use super::with_docker::{LOADED, until_no_container};
use rustix::process::Signal;
use std::fs;

/// A step that says whether its image was sent to it.
fn project() -> Project {
    let project = Project::new().env("RBUILD_CACHE_NS", "%nonce%").buildfile(
        "
VERSION 1.0
FROM dind:latest
app:
  FROM busybox
  RUN echo %nonce% > /made
t:
  ARG round
  ARG for=0
  WITH DOCKER --load app:1=+app --cache-id data
    RUN LOADED; docker run --rm app:1 cat /made; echo begun $round; sleep $for
  END
",
    );
    project.write("Buildfile", &project.read("Buildfile").expect("is there").replace("LOADED", LOADED));
    project
}

/// The directories of data roots.
fn directories(project: &Project) -> Vec<String> {
    let entries = fs::read_dir(project.cache_dir().join("docker")).into_iter().flatten();
    let names = entries.map(|entry| entry.expect("can be read").file_name().to_string_lossy().into_owned());
    names.filter(|name| name != "id").collect()
}

#[test]
fn directories_below_the_cache_directory_keep_what_volumes_keep() {
    let project = project().env("RBUILD_DOCKER_CACHE_IN", "directory");
    let run = |round: &str| project.rbuild(["-P", "+t", &format!("--round={round}")]).success();
    let made = project.fill("%nonce%");
    assert_eq!(run("one").printed_by("+t"), ["loaded", &made, "begun one"]);
    assert_eq!(run("two").printed_by("+t"), [&made, "begun two"], "the image was there");
    assert_eq!(directories(&project).len(), 1);

    let mut killed = project.start(["-P", "+t", "--round=three", "--for=300"]);
    killed.wait_for("| begun");
    let list = project.rbuild(["cache"]).success();
    assert!(list.stdout.contains("data root") && list.stdout.contains("held by +t, pid "), "{list}");
    killed.signal(Signal::KILL);
    assert_eq!(killed.finish().status.code(), None);
    until_no_container(&project);
    assert_eq!(run("four").printed_by("+t"), [&made, "begun four"], "its daemon was asked to end, and did");
    // What a daemon leaves that was not asked.
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("Linux tells it");
    let data = project.cache_dir().join("docker").join(&directories(&project)[0]).join("data");
    fs::write(data.join("dirty"), boot).expect("can be written");
    run("five").stderr_contains("was killed; its images are checked").stderr_lacks("| loaded");

    let pruned = project.rbuild(["prune", "--all"]).success();
    assert!(pruned.stdout.contains("data root") && pruned.stdout.contains(&format!("{made}/id/data/0")), "{pruned}");
    assert_eq!(directories(&project), [""; 0]);
    assert!(project.rbuild(["cache"]).success().stdout.contains("nothing is kept"));
}

#[test]
fn where_there_is_no_place_for_directories_volumes_serve_if_they_may() {
    let project = project();
    fs::create_dir_all(project.cache_dir()).expect("can be made");
    fs::write(project.cache_dir().join("docker"), "not a directory").expect("can be written");
    let outcome = project.rbuild(["-P", "--docker-cache-in", "directory", "+t", "--round=one"]).code(1);
    outcome.stderr_contains("--docker-cache-in directory").stderr_contains("cannot make").stderr_lacks("| begun");
    let outcome = project.rbuild(["-P", "--docker-cache-in", "auto", "+t", "--round=one"]).success();
    outcome.stderr_contains("is kept in volumes of the engine").stderr_contains("| begun one");
    let list = project.rbuild(["cache"]).success();
    assert!(list.stdout.contains(&project.fill("%nonce%/id/data/0")), "{list}");
    let pruned = project.rbuild(["prune", "--all"]).success();
    assert!(pruned.stdout.contains(&project.fill("%nonce%/id/data/0")), "{pruned}");
    assert_eq!(DOCKER_28.containers(project.nonce()), [""; 0]);
}
