//! `rbuild cache` and `rbuild prune`. Each test has a namespace of its own: the engine's other things are not theirs to remove.

use super::project::Project;
use rbuild::lock::{HolderInfo, LockDir, LockKey, LockMode, Trust};
use serde_json::Value;
use std::time::{Duration, Instant};

/// A project with two data roots and a cache of its namespace, and a data root of another one.
struct Kept {
    project: Project,
}

impl Kept {
    fn new() -> Self {
        let project = Project::new().env("RBUILD_CACHE_NS", "%nonce%").buildfile(
            "
VERSION 0.8
FROM busybox
t:
  ARG round
  RUN --mount=type=cache,id=go,target=/cache echo $round >> /cache/rounds; cat /cache/rounds
",
        );
        let kept = Self { project };
        for (name, pool, number) in
            [("root0", "%nonce%/pool", "0"), ("root1", "%nonce%/pool", "1"), ("other", "%nonce%x/pool", "0")]
        {
            let pool = kept.project.fill(pool);
            let labels = [("dev.rbuild.kind", "data-root"), ("dev.rbuild.pool", &pool), ("dev.rbuild.number", number)];
            kept.project.engine().make_volume(&kept.name(name), &labels);
        }
        let cache = kept.project.fill("%nonce%/id/npm");
        let labels = [("dev.rbuild.kind", "cache"), ("dev.rbuild.cache", &cache)];
        kept.project.engine().make_volume(&kept.name("cache"), &labels);
        kept
    }

    fn name(&self, what: &str) -> String {
        format!("rbuild-test-{}-{what}", self.project.nonce())
    }

    /// Which of the volumes are there.
    fn volumes(&self) -> Vec<&'static str> {
        let all = ["root0", "root1", "other", "cache"].into_iter();
        all.filter(|what| self.project.engine().has_volume(&self.name(what))).collect()
    }

    fn locks(&self) -> LockDir {
        LockDir::open(self.project.cache_dir().join("locks"), Trust::Blindly).expect("locks")
    }

    /// Lines of a table as kind, name and use, with sizes and ages left out.
    fn rows(&self, table: &str) -> Vec<String> {
        let lines = table.lines().skip(1).take_while(|line| !line.is_empty());
        let rows = lines.map(|line| {
            let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
            let in_use = cells.get(4).map(|why| format!(", {why}")).unwrap_or_default();
            format!("{} {}{in_use}", cells[0], cells[1]).replace(self.project.nonce(), "NS")
        });
        rows.collect()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let engine = self.project.engine();
        engine.remove_container(&self.name("user"));
        for what in ["root0", "root1", "other", "cache"] {
            engine.remove_volume(&self.name(what));
        }
    }
}

#[test]
fn what_is_locked_or_in_use_stays() {
    let kept = Kept::new();
    let project = &kept.project;
    project.engine().make_container(&kept.name("user"), &kept.name("cache"));
    let holder = HolderInfo::here("+test");
    let key = LockKey::new("docker-root", project.fill("%nonce%/pool/1"));
    let guard = kept.locks().try_lock(&key, LockMode::Exclusive, &holder).expect("locks").expect("is free");

    let list = project.rbuild(["cache"]).success();
    let rows = kept.rows(&list.stdout);
    assert_eq!(rows.len(), 3, "{list}");
    assert_eq!(rows[0], "data root NS/pool/0");
    assert!(rows[1].starts_with(&format!("data root NS/pool/1, held by +test, pid {}", std::process::id())), "{list}");
    let user = kept.name("user").replace(project.nonce(), "NS");
    assert_eq!(rows[2], format!("cache volume NS/id/npm, in use by container {user}"));
    assert!(list.stdout.contains("\n3 things, "), "{list}");

    let would = project.rbuild(["prune", "--all", "--dry-run"]).success();
    assert_eq!(kept.rows(&would.stdout), ["data root NS/pool/0"]);
    assert!(would.stdout.ends_with("\nwould remove 1 thing, 0 B\n"), "{would}");
    assert_eq!(kept.volumes(), ["root0", "root1", "other", "cache"]);

    let young = project.rbuild(["prune"]).success();
    assert_eq!(young.stdout, "removed nothing\n", "it is not a week old");

    let done = project.rbuild(["prune", "--all"]).success();
    assert_eq!(kept.rows(&done.stdout), ["data root NS/pool/0"]);
    assert!(done.stdout.ends_with("\nremoved 1 thing, 0 B\n"), "{done}");
    assert_eq!(kept.volumes(), ["root1", "other", "cache"]);

    drop(guard);
    project.engine().remove_container(&kept.name("user"));
    project.rbuild(["prune", "--age", "1h"]).success();
    assert_eq!(kept.volumes(), ["root1", "other", "cache"], "they were used just now");
    project.rbuild(["prune", "--age", "0"]).success();
    assert_eq!(kept.volumes(), ["other"], "another namespace's stays");
}

#[test]
fn a_cache_mount_is_listed_and_removed() {
    let kept = Kept::new();
    let project = &kept.project;
    let rounds = |round: &str| project.rbuild(["+t", round]).success().printed_by("+t").join(" ");
    assert_eq!(rounds("--round=one"), "one");
    assert_eq!(rounds("--round=two"), "one two");

    let list: Value =
        serde_json::from_str(&project.rbuild(["cache", "--format", "json"]).success().stdout).expect("is JSON");
    let mounts: Vec<&Value> =
        list["items"].as_array().expect("a list").iter().filter(|item| item["kind"] == "cache mount").collect();
    assert_eq!(mounts.len(), 1, "{list:#}");
    assert_eq!(mounts[0]["name"], project.fill("%nonce%/id/go"));
    assert_eq!(mounts[0]["size"], 8);
    assert!(mounts[0]["used"].as_u64() > Some(1_000_000_000) && mounts[0]["in_use"].is_null(), "{list:#}");
    assert_eq!(list["sizes"]["cache mount"], 8);

    // Of four things one takes room.
    // The engine lets go of a mount a moment after the build.
    let began = Instant::now();
    let done = loop {
        let done = project.rbuild(["prune", "--size", "4B"]).success();
        if done.stdout != "removed nothing\n" || began.elapsed() > Duration::from_secs(20) {
            break done;
        }
    };
    assert_eq!(kept.rows(&done.stdout), ["cache mount NS/id/go"]);
    assert!(done.stdout.ends_with("\nremoved 1 thing, 8 B\n"), "{done}");
    assert_eq!(rounds("--round=three"), "three");
}

#[test]
fn while_a_step_uses_a_cache_it_stays() {
    let project = Project::new().env("RBUILD_CACHE_NS", "%nonce%").buildfile(
        "
VERSION 0.8
FROM busybox
t:
  RUN --mount=type=cache,id=go,sharing=locked,target=/cache echo %nonce% > /cache/f; echo writing; sleep 300
",
    );
    let mut building = project.start(["+t"]);
    building.wait_for("| writing");
    let list = project.rbuild(["cache"]).success();
    assert!(list.stdout.contains("held by +t, pid "), "{list}");
    assert_eq!(project.rbuild(["prune", "--all"]).success().stdout, "removed nothing\n");
    building.signal(rustix::process::Signal::INT);
    building.finish().code(130);
}

#[test]
fn wrong_limits_are_refused() {
    let project = Project::new();
    project.rbuild(["prune", "--age", "yesterday"]).code(2).stderr_contains("write it as `7d`, `36h` or `90m`");
    project.rbuild(["prune", "--size", "much"]).code(2).stderr_contains("write it as `10GB` or `512MiB`");
    let nowhere = Project::new().env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    nowhere.rbuild(["prune"]).code(4).stderr_contains("no Docker engine answers");
    nowhere.rbuild(["cache"]).code(4).stderr_contains("no Docker engine answers");
}
