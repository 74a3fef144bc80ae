//! `rbuild locks`.

use super::arguments::ListFormat;
use super::context::{Context, Ended};
use super::exit::Exit;
use super::work::cache_dir;
use crate::lock::{Listed, Liveness, LockDir, LockMode, Party};
use crate::ui;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;

/// Lists who holds the locks of the cache directory, and who waits for them.
///
/// # Errors
/// When the directory cannot be read; it was said.
pub fn locks(context: &Context, format: ListFormat) -> Ended<()> {
    let dir = cache_dir(context)?.join("locks");
    let listed = LockDir::list(&dir).map_err(|error| context.fail(Exit::Environment, &error.to_string(), None))?;
    let out = match format {
        ListFormat::Text => text(&listed, &dir),
        ListFormat::Json => json(&listed, &dir),
    };
    context.print(out)
}

fn text(listed: &[Listed], dir: &Path) -> String {
    if listed.is_empty() {
        return format!("no lock in {} is held or waited for\n", ui::word(&dir.display().to_string()));
    }
    let mut out = String::new();
    for lock in listed {
        out.push_str(&ui::word(format!("{} {}", lock.kind, lock.name).trim_end()));
        out.push('\n');
        for holder in &lock.holders {
            let verb = match (holder.info.liveness(), holder.mode) {
                (Liveness::Dead, _) => "was held by",
                (_, LockMode::Exclusive) => "held by",
                (_, LockMode::Shared) => "shared by",
            };
            line(
                &mut out,
                verb,
                holder,
                if holder.info.liveness() == Liveness::Dead { ", which is dead: it is free" } else { "" },
            );
        }
        for waiter in &lock.waiters {
            let verb = match waiter.mode {
                LockMode::Exclusive => "wanted by",
                LockMode::Shared => "wanted, to be shared, by",
            };
            line(&mut out, verb, waiter, if waiter.info.liveness() == Liveness::Dead { ", which is dead" } else { "" });
        }
    }
    out
}

/// `  held by +test, pid 4711 on host build1, for 3 min 05 s`
fn line(out: &mut String, verb: &str, party: &Party, rest: &str) {
    let who = format!("{verb} {}, for {}{rest}", party.info, ui::age(party.info.held()));
    writeln!(out, "  {}", ui::word(&who)).expect("a string takes everything");
}

#[derive(Serialize)]
struct Locks<'a> {
    dir: &'a Path,
    locks: Vec<Lock<'a>>,
}

#[derive(Serialize)]
struct Lock<'a> {
    kind: &'a str,
    name: &'a str,
    holders: Vec<Process<'a>>,
    waiters: Vec<Process<'a>>,
}

#[derive(Serialize)]
struct Process<'a> {
    mode: &'static str,
    target: &'a str,
    pid: u32,
    host: &'a str,
    since_ms: u64,
    age_ms: u128,
    process: &'static str,
}

impl<'a> Process<'a> {
    fn of(party: &'a Party) -> Self {
        Self {
            mode: match party.mode {
                LockMode::Shared => "shared",
                LockMode::Exclusive => "exclusive",
            },
            target: &party.info.target,
            pid: party.info.pid,
            host: &party.info.host,
            since_ms: party.info.since_ms,
            age_ms: party.info.held().as_millis(),
            process: match party.info.liveness() {
                Liveness::Alive => "alive",
                Liveness::Dead => "dead",
                Liveness::Unknown => "unknown",
            },
        }
    }
}

fn json(listed: &[Listed], dir: &Path) -> String {
    let locks = listed.iter().map(|lock| Lock {
        kind: &lock.kind,
        name: &lock.name,
        holders: lock.holders.iter().map(Process::of).collect(),
        waiters: lock.waiters.iter().map(Process::of).collect(),
    });
    let all = Locks { dir, locks: locks.collect() };
    serde_json::to_string(&all).expect("a struct of strings and numbers is always JSON") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::HolderInfo;

    fn party(mode: LockMode, target: &str, pid: u32) -> Party {
        let age = std::time::Duration::from_millis(185_500);
        let here = HolderInfo::here(target);
        let since_ms = here.since_ms - u64::try_from(age.as_millis()).unwrap();
        Party { mode, info: HolderInfo { pid, since_ms, ..here } }
    }

    /// A process that has ended.
    fn dead() -> u32 {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        child.id()
    }

    fn example() -> Vec<Listed> {
        let (me, dead) = (std::process::id(), dead());
        let mut far = party(LockMode::Exclusive, "+far", 12);
        far.info = HolderInfo { host: "build1".into(), boot_id: Some("another".into()), ..far.info };
        let lock = |name: &str, holders, waiters| Listed { kind: "cache".into(), name: name.into(), holders, waiters };
        vec![
            lock("a\nb", vec![party(LockMode::Exclusive, "+test", me)], vec![far, party(LockMode::Shared, "+x", me)]),
            lock("dead", vec![party(LockMode::Exclusive, "+old", dead)], vec![]),
            lock("many", vec![party(LockMode::Shared, "+a", me), party(LockMode::Shared, "+b", me)], vec![]),
        ]
    }

    #[test]
    fn people_read_who_holds_what_and_who_waits() {
        let listed = example();
        let (me, dead) = (std::process::id(), listed[1].holders[0].info.pid);
        let expect = format!(
            "cache a b
  held by +test, pid {me}, for 3 min 05 s
  wanted by +far, pid 12 on host build1, for 3 min 05 s
  wanted, to be shared, by +x, pid {me}, for 3 min 05 s
cache dead
  was held by +old, pid {dead}, for 3 min 05 s, which is dead: it is free
cache many
  shared by +a, pid {me}, for 3 min 05 s
  shared by +b, pid {me}, for 3 min 05 s
"
        );
        assert_eq!(text(&listed, Path::new("/x")), expect);
        assert_eq!(text(&[], Path::new("/x")), "no lock in /x is held or waited for\n");
    }

    #[test]
    fn programs_read_the_same() {
        let value: serde_json::Value = serde_json::from_str(&json(&example(), Path::new("/x"))).unwrap();
        assert_eq!(value["dir"], "/x");
        let locks = value["locks"].as_array().unwrap();
        assert_eq!(locks.len(), 3);
        let all = |path: &str, field: &str| -> Vec<String> {
            let of = |lock: &serde_json::Value| lock[path].as_array().unwrap().clone();
            locks.iter().flat_map(of).map(|process| process[field].as_str().unwrap_or("number").to_owned()).collect()
        };
        assert_eq!(locks[0]["name"], "a\nb");
        assert_eq!(all("holders", "process"), ["alive", "dead", "alive", "alive"]);
        assert_eq!(all("holders", "mode"), ["exclusive", "exclusive", "shared", "shared"]);
        assert_eq!(all("waiters", "target"), ["+far", "+x"]);
        assert_eq!(all("waiters", "process"), ["unknown", "alive"]);
        assert_eq!(locks[0]["waiters"][0]["host"], "build1");
        assert!(locks[0]["waiters"][0]["age_ms"].as_u64().unwrap() >= 185_000);
    }
}
