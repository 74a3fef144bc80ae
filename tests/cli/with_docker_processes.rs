//! Many rbuild processes on one `--cache-id`, some of them killed.

use super::engine::DOCKER_28;
use super::project::Project;
use super::running::Running;
use super::with_docker::until_no_container;
use rustix::process::Signal;
use std::process::Command;

/// What a process says just before it is killed.
type Kill = Option<&'static str>;

/// A step that has two images, loads one more, and runs all; it says what it is about to do.
fn project() -> Project {
    Project::new().buildfile(
        r#"
VERSION 1.0
FROM dind:latest
app:
  FROM busybox
  ARG i
  RUN echo app $i %nonce% > /made; head -c 3000000 /dev/urandom > /large
t:
  ARG i
  WITH DOCKER --load common:1=(+app --i=all) --load own:$i=(+app --i=$i) --cache-id %nonce%
    RUN exec 9>/run/rbuild/data/alone; flock -n 9 || { echo two daemons on one root; exit 9; }; \
        docker save own:$i > /own.tar; docker rmi own:$i > /dev/null; \
        echo at the load; docker load -qi /own.tar; \
        echo at the run; docker run --rm own:$i cat /made; docker run --rm common:1 cat /made
  END
  RUN echo all is well
"#,
    )
}

/// Starts a process for each entry, by turns in each project, and kills some.
fn race(projects: &[&Project], kills: &[Kill]) {
    let start = |(at, kill): (usize, &Kill)| -> (Running, Kill) {
        (projects[at % projects.len()].start(["-P", "+t", &format!("--i={at}")]), *kill)
    };
    let mut running: Vec<_> = kills.iter().enumerate().map(start).collect();
    for (process, kill) in &mut running {
        if let Some(text) = kill {
            process.wait_for(text);
            process.signal(Signal::KILL);
        }
    }
    for (process, kill) in running {
        let outcome = process.finish();
        match kill {
            Some(_) => assert_eq!(outcome.status.code(), None, "{outcome}"),
            None => drop(outcome.success().stderr_contains("| all is well")),
        }
    }
    for project in projects {
        until_no_container(project);
        let listed = project.rbuild(["locks"]).success();
        assert!(listed.stdout.starts_with("no lock in "), "{listed}");
    }
    every_image_can_be_run(projects[0].nonce());
}

/// Starts a daemon on each data root, and a container of each of its images.
fn every_image_can_be_run(nonce: &str) {
    const RUN: &str = r#"
        mkdir -p /d && mount --bind /root-of-data/docker /d
        dockerd --data-root /d --exec-root /e --bridge none --iptables=false >/log 2>&1 &
        until docker version >/dev/null 2>&1; do kill -0 $! || { cat /log; exit 1; }; sleep 0.1; done
        for image in $(docker images -q --no-trunc | sort -u); do
            docker run --rm $image cat /made || exit 1
            echo runs
        done
        kill $!; wait"#;
    let docker = |arguments: &[&str]| {
        let output = Command::new("docker").env("DOCKER_HOST", DOCKER_28.host()).args(arguments).output();
        let output = output.expect("docker starts");
        let said = [&output.stdout[..], &output.stderr[..]].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    };
    let (_, volumes) = docker(&["volume", "ls", "-q", "--filter", &format!("name={nonce}")]);
    assert!((1..=2).contains(&volumes.lines().count()), "{volumes}");
    for volume in volumes.lines() {
        let mount = format!("{volume}:/root-of-data");
        let name = format!("{nonce}-check");
        let (well, said) =
            docker(&["run", "--rm", "--privileged", "--name", &name, "-v", &mount, "dind:latest", "sh", "-c", RUN]);
        assert!(well && said.contains("runs"), "{volume}:\n{said}");
    }
}

#[test]
fn of_many_processes_on_one_cache_some_are_killed_and_the_others_succeed() {
    let project = project();
    race(&[&project], &[Some("| at the load"), None, Some("| at the run"), None, None, None]);
}

#[test]
fn cache_directories_that_know_nothing_of_each_other_share_an_engine() {
    let one = project();
    let two = one.checkout();
    let apart = two.path("cache").display().to_string();
    let two = two.env("RBUILD_CACHE_DIR", &apart);
    race(&[&one, &two], &[None, None, Some("| at the load"), None]);
}
