use super::choose::{DEFAULT_AGE, Limits, choose};
use super::gather::{from_engine, from_record};
use super::item::{Item, Kind, Part};
use super::machine;
use crate::engine::buildkit::{Record, RecordKind};
use crate::engine::docker::{Stored, Thing};
use crate::lock::LockKey;
use proptest::prelude::*;
use std::time::{Duration, SystemTime};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + 20_000 * DAY
}

fn item(kind: Kind, name: &str, size: u64, idle: Duration) -> Item {
    Item {
        kind,
        name: name.to_owned(),
        size: Some(size),
        used: Some(now() - idle),
        busy: None,
        stale: false,
        locks: Vec::new(),
        part: Part::Record(name.to_owned()),
    }
}

fn names(items: &[Item], limits: Limits) -> String {
    choose(items, limits, now()).iter().map(|&at| items[at].name.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn limits_choose_the_oldest() {
    let items = [
        item(Kind::DataRoot, "old", 10, 9 * DAY),
        item(Kind::CacheVolume, "week", 20, 7 * DAY),
        item(Kind::Result, "fresh", 40, HOUR),
        Item { busy: Some("held".to_owned()), ..item(Kind::DataRoot, "busy", 80, 30 * DAY) },
        item(Kind::Engine, "engine", 160, 30 * DAY),
        Item { stale: true, ..item(Kind::State, "stale", 1, HOUR) },
        Item { used: None, ..item(Kind::Kit, "unknown", 2, HOUR) },
        item(Kind::Clone, "ahead", 0, Duration::ZERO),
    ];
    let all = Limits { all: true, ..Limits::default() };
    let age = |age| Limits { age: Some(age), ..Limits::default() };
    let size = |size| Limits { size: Some(size), ..Limits::default() };
    for (limits, expected) in [
        (Limits::default(), "old week stale"),
        (age(8 * DAY), "old stale"),
        (age(Duration::ZERO), "old week fresh stale ahead"),
        // 153 are in scope; `stale` goes anyway.
        (size(152), "stale"),
        (size(151), "old stale"),
        (size(130), "old week stale"),
        (size(0), "old week fresh stale unknown"),
        (Limits { size: Some(1000), ..age(8 * DAY) }, "old stale"),
        (Limits { size: Some(125), ..age(8 * DAY) }, "old week stale"),
        (all, "engine old week fresh stale unknown ahead"),
        (Limits { age: Some(8 * DAY), ..all }, "engine old stale"),
        (Limits { size: Some(200), ..all }, "engine stale"),
    ] {
        assert_eq!(names(&items, limits), expected, "{limits:?}");
    }
    assert_eq!(DEFAULT_AGE, 7 * DAY);
}

#[test]
fn a_clock_that_is_ahead_is_now() {
    let ahead = [Item { used: Some(now() + DAY), ..item(Kind::Result, "ahead", 1, HOUR) }];
    assert_eq!(names(&ahead, Limits { age: Some(HOUR), ..Limits::default() }), "");
    assert_eq!(names(&ahead, Limits { all: true, ..Limits::default() }), "ahead");
}

fn any_item() -> impl Strategy<Value = Item> {
    (0..Kind::ALL.len(), prop::option::of(0..1000u64), prop::option::of(0..100u64), any::<bool>(), any::<bool>())
        .prop_map(|(kind, size, idle, busy, stale)| Item {
            size,
            used: idle.map(|hours| now() - HOUR * u32::try_from(hours).expect("small")),
            busy: busy.then(|| "held".to_owned()),
            stale,
            ..item(Kind::ALL[kind], "x", 0, HOUR)
        })
}

proptest! {
    #[test]
    fn what_is_chosen_may_go_and_is_enough(
        items in prop::collection::vec(any_item(), 0..20),
        all: bool,
        age in prop::option::of(0..100u32),
        size in prop::option::of(0..5000u64),
    ) {
        let limits = Limits { all, age: age.map(|hours| HOUR * hours), size };
        let chosen = choose(&items, limits, now());
        let mut once = chosen.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), chosen.len());
        for &at in &chosen {
            prop_assert!(items[at].busy.is_none());
            prop_assert!(all || items[at].kind != Kind::Engine);
        }
        if let Some(size) = size {
            let in_scope = |item: &Item| all || item.kind != Kind::Engine;
            let stays = |at: &usize| in_scope(&items[*at]) && !chosen.contains(at);
            let left: u64 = (0..items.len()).filter(stays).filter_map(|at| items[at].size).sum();
            let could_go = |at: &usize| stays(at) && items[*at].busy.is_none() && items[*at].size > Some(0);
            prop_assert!(left <= size || !(0..items.len()).any(|at| could_go(&at)));
        }
    }
}

fn stored(thing: Thing, name: &str, labels: &[(&str, &str)], age: Duration, users: &[&str]) -> Stored {
    Stored {
        thing,
        name: name.to_owned(),
        labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        size: Some(1),
        made: Some(now() - age),
        users: users.iter().map(|user| (*user).to_owned()).collect(),
    }
}

#[test]
fn labels_tell_what_a_thing_is() {
    let root = |number, users: &[&str]| {
        let labels = [("kind", "data-root"), ("pool", "ns/a"), ("number", number)];
        stored(Thing::Volume, &format!("v{number}"), &labels, DAY, users)
    };
    let own = |name: &str| Thing::Image(vec![format!("rbuild/{name}:1")]);
    let container = |name, running, age| stored(Thing::Container { running }, name, &[("kind", "step")], age, &[]);
    let kit = |name, image| stored(Thing::Volume, name, &[("kind", "kit"), ("image", image)], DAY, &[]);
    let mark = |name, kit| stored(Thing::Volume, name, &[("kind", "kit-mark"), ("kit", kit)], DAY, &[]);
    let things = vec![
        root("0", &["gone"]),
        root("1", &["alive"]),
        stored(Thing::Volume, "other", &[("kind", "data-root"), ("pool", "nsx/a"), ("number", "0")], DAY, &[]),
        stored(Thing::Volume, "broken", &[("kind", "data-root")], DAY, &[]),
        stored(Thing::Volume, "c", &[("kind", "cache"), ("cache", "ns/id/go")], DAY, &[]),
        stored(own("with-docker"), "result", &[("kind", "with-docker")], DAY, &[]),
        stored(own("state"), "state", &[("kind", "state")], DAY, &[]),
        stored(own("state"), "new-state", &[("kind", "state")], HOUR / 2, &[]),
        stored(own("with-docker-input"), "input", &[("kind", "input")], DAY, &[]),
        stored(Thing::Image(vec!["mine:1".to_owned()]), "mine", &[("kind", "with-docker")], DAY, &[]),
        stored(Thing::Volume, "strange", &[("kind", "strange")], DAY, &[]),
        container("gone", false, DAY),
        container("new", false, HOUR / 2),
        container("alive", true, DAY),
        kit("old-kit", "sha256:1"),
        kit("kit", "sha256:2"),
        mark("mark", "kit"),
        mark("lost-mark", "no-kit"),
    ];
    let items = from_engine(things, "ns", Some("sha256:2"), now());
    let lines: Vec<String> = items
        .iter()
        .map(|item| {
            let stale = if item.stale { ", stale" } else { "" };
            let busy = item.busy.as_ref().map(|busy| format!(", {busy}")).unwrap_or_default();
            format!("{} {}{stale}{busy}", item.kind, item.name)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "data root ns/a/0",
            "data root ns/a/1, in use by container alive",
            "cache volume ns/id/go",
            "docker result result",
            "state image state, stale",
            "state image new-state, a step began with it just now",
            "state image input, stale",
            "step container gone, stale",
            "step container new, stale, it was made just now",
            "step container alive, stale, it runs",
            "docker kit old-kit, stale",
            "docker kit kit",
            "docker kit lost-mark, stale",
        ]
    );
    assert_eq!(items[0].locks, [LockKey::new("docker-root", "ns/a/0")]);
    assert_eq!(items[2].locks, [LockKey::new("cache", "ns/id/go")]);
    let Part::Stored(parts) = &items[11].part else { panic!("{:?}", items[11].part) };
    let parts: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(parts, ["mark", "kit"], "without its mark a kit is made anew, so the mark goes first");
}

#[test]
fn records_belong_to_a_namespace() {
    let read = |kind| {
        let record = Record { id: "id".to_owned(), kind, size: 1, in_use: false, used: None };
        from_record(record, "ns").map(|item| (item.kind, item.name))
    };
    let mount = |id: &str| read(RecordKind::Mount(id.to_owned()));
    assert_eq!(mount("ns/id/go"), Some((Kind::CacheMount, "ns/id/go".to_owned())));
    assert_eq!(mount("other/id/go"), None);
    assert_eq!(mount("/root/.cache"), Some((Kind::Engine, "/root/.cache".to_owned())));
    assert_eq!(read(RecordKind::Context), Some((Kind::Contexts, "id".to_owned())));
    assert_eq!(read(RecordKind::Unknown), Some((Kind::Engine, "id".to_owned())));
}

#[test]
fn only_what_is_rbuilds_is_found_below_the_cache_directory() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    assert_eq!(machine::items(&root).unwrap(), []);
    let tree = root.join("git/clone-x-1/trees/abc");
    std::fs::create_dir_all(&tree).unwrap();
    std::fs::write(tree.join("file"), vec![b'x'; 100_000]).unwrap();
    std::fs::create_dir_all(root.join("git/mine")).unwrap();
    std::fs::create_dir_all(root.join("locks")).unwrap();
    std::fs::write(root.join("durations.json"), "{}").unwrap();
    std::fs::create_dir_all(root.join("skips")).unwrap();
    std::fs::write(root.join("skips/ab.json"), "{}").unwrap();
    std::fs::write(root.join("letter.txt"), "dear").unwrap();
    let items = machine::items(&root).unwrap();
    let found: Vec<(Kind, &str)> = items
        .iter()
        .map(|item| (item.kind, item.name.strip_prefix(&format!("{}/", root.display())).unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            (Kind::Tree, "git/clone-x-1/trees/abc"),
            (Kind::Clone, "git/clone-x-1"),
            (Kind::Skip, "skips/ab.json"),
            (Kind::Memory, "durations.json"),
        ]
    );
    let (tree, clone) = (&items[0], &items[1]);
    assert!(tree.size >= Some(100_000) && clone.size < Some(100_000), "a tree counts once");
    let lock = LockKey::new("tree", root.join("git/clone-x-1/trees/abc").display().to_string());
    assert_eq!(tree.locks, [LockKey::of_stem("clone", "clone-x-1"), lock.clone()]);
    assert_eq!(clone.locks, [LockKey::of_stem("clone", "clone-x-1"), lock]);
}
