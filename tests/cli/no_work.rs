//! Builds that have nothing, or little, to do.

use super::project::Project;
use std::time::Duration;

/// Its steps are the same in every run of this suite, because running two hundred takes its time.
#[test]
fn two_hundred_cached_steps_take_one_probe() {
    let mut text = "FROM busybox\nall:\n".to_owned();
    for target in 0..20 {
        text.push_str(&format!("  BUILD +t{target}\n"));
    }
    for target in 0..20 {
        text.push_str(&format!("t{target}:\n"));
        for step in 0..10 {
            text.push_str(&format!("  RUN : {target} {step}\n"));
        }
    }
    let project = Project::new().buildfile(&text);
    let cold = project.rbuild(["-j", "8", "+all"]).success();
    let warm = project.rbuild(["--progress=json", "+all"]).success().all_cached();
    assert_eq!(warm.steps("cached").iter().filter(|name| name.starts_with("RUN")).count(), 200, "{warm}");
    println!("200 steps: first {:?}, cached {:?}", cold.took, warm.took);
    assert!(warm.took < Duration::from_secs(5), "{:?}", warm.took);
}

/// A context of a thousand files, of which eight targets copy different parts.
fn wide() -> Project {
    let mut text = "FROM busybox\nall:\n".to_owned();
    for part in 0..8 {
        text.push_str(&format!("  BUILD +part{part}\n"));
    }
    for part in 0..8 {
        text.push_str(&format!("part{part}:\n  COPY files/{part}/* /part/\n  RUN ls /part | wc -l\n"));
    }
    let project = Project::new().buildfile(&text);
    for file in 0..1000 {
        project.write(&format!("files/{}/{file}", file % 8), &format!("{file} %nonce%\n"));
    }
    project
}

#[test]
fn a_rebuild_with_nothing_changed_sends_nothing_and_runs_nothing() {
    let project = wide();
    let first = project.rbuild(["--progress=json", "+all"]).success();
    assert_eq!(first.files_sent(), 1000, "{first}");
    let second = project.rbuild(["--progress=json", "+all"]).success().all_cached();
    assert_eq!(second.files_sent(), 0, "{second}");
}

#[test]
fn one_changed_file_is_the_only_one_that_is_sent() {
    let project = wide();
    project.rbuild(["--progress=json", "+all"]).success();
    project.write("files/3/11", "changed %nonce%\n");
    let changed = project.rbuild(["--progress=json", "+all"]).success();
    assert_eq!(changed.files_sent(), 1, "{changed}");
    let events = changed.events();
    let ran: Vec<_> = events.iter().filter(|event| event["state"] == "done" && event["counted"] == true).collect();
    assert!(ran.len() == 1 && ran[0]["target"] == "+part3", "{changed}");
}

#[test]
fn a_file_that_only_got_a_new_time_runs_nothing() {
    let project = Project::new().file("a", "%nonce%").buildfile("FROM busybox\nt:\n  COPY a /\n  RUN cat /a\n");
    project.rbuild(["+t"]).success();
    project.write("a", "%nonce%");
    let outcome = project.rbuild(["--progress=json", "+t"]).success();
    assert_eq!(outcome.steps("done"), ["context a"], "it is sent again, and found to be the same\n{outcome}");
    assert!(outcome.steps("running").is_empty(), "{outcome}");
}

#[test]
fn what_no_target_copies_is_not_sent() {
    let project = Project::new().file("a", "%nonce%").file("big", "%nonce%").file("dir/b", "%nonce%");
    let project = project.buildfile("FROM busybox\nt:\n  COPY a dir/b /\n  RUN cat /a\n");
    let outcome = project.rbuild(["--progress=json", "+t"]).success();
    assert_eq!(outcome.files_sent(), 2, "{outcome}");
}
