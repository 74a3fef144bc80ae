//! Locks between processes: the test binary starts itself again and talks to the copy over pipes.

use super::{Guard, HolderInfo, LockDir, LockError, LockKey, LockMode, Look, Trust, Wait, WaitOptions};
use LockMode::{Exclusive, Shared};
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const ROLE: &str = "RBUILD_TEST_LOCK_ROLE";
const DIR: &str = "RBUILD_TEST_LOCK_DIR";
/// Long enough for a loaded machine; nothing waits for it unless a test fails.
const LONG: Duration = Duration::from_secs(60);

fn key(name: &str) -> LockKey {
    LockKey::new("cache", name)
}

fn open(root: &Path) -> LockDir {
    LockDir::open(root, Trust::Blindly).unwrap()
}

/// The executor's tasks take locks, and may move between threads meanwhile.
fn assert_send(_: &impl Send) {}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn lock(
    dir: &LockDir,
    wanted: &[(LockKey, LockMode)],
    timeout: Duration,
    on_wait: impl FnMut(Wait) + Send,
) -> Result<Vec<Guard>, LockError> {
    let options = WaitOptions { timeout: Some(timeout), announce_after: Duration::ZERO };
    block_on(dir.lock(wanted, &HolderInfo::here("+here"), options, on_wait))
}

#[test]
fn looking_leaves_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let locks = open(dir.path());
    let files = || std::fs::read_dir(locks.root()).unwrap().count();
    assert_eq!(locks.look(&key("a")).unwrap(), Look::default());
    assert_eq!(files(), 0, "a lock that nobody has taken has no file");

    let guard = locks.try_lock(&key("a"), Exclusive, &HolderInfo::here("+here")).unwrap().unwrap();
    let look = locks.look(&key("a")).unwrap();
    assert!(look.held && look.taken.is_some(), "{look:?}");
    assert_eq!(look.holders[0].target, "+here");
    // Of a key only the stem may be known.
    let stem = LockKey::of_stem("cache", key("a").file_stem());
    assert!(locks.look(&stem).unwrap().held);
    assert!(locks.try_lock(&stem, Exclusive, &HolderInfo::here("+there")).unwrap().is_none());
    drop(guard);

    let long_ago = std::time::SystemTime::UNIX_EPOCH + LONG;
    let file = std::fs::File::open(locks.root().join(key("a").file_stem() + ".lock")).unwrap();
    file.set_modified(long_ago).unwrap();
    for _ in 0..2 {
        let look = locks.look(&key("a")).unwrap();
        assert_eq!((look.held, look.taken), (false, Some(long_ago)), "to look is not to take");
    }
    let shared = locks.try_lock(&key("a"), Shared, &HolderInfo::here("+reader")).unwrap().unwrap();
    let look = locks.look(&key("a")).unwrap();
    assert!(look.held && look.holders[0].target == "+reader", "{look:?}");
    drop(shared);
}

/// Another process.
struct Peer {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Peer {
    fn start(role: &str, root: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["lock::tests::peer", "--exact", "--nocapture", "--test-threads=1"])
            .env(ROLE, role)
            .env(DIR, root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdin, stdout }
    }

    /// Waits until the other says `word`; lines of the test harness are passed over.
    fn hear(&mut self, word: &str) {
        let mut line = String::new();
        while !line.trim_end().ends_with(word) {
            line.clear();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "the peer ended without saying `{word}`");
        }
    }

    fn end(mut self) {
        drop(self.stdin);
        assert!(self.child.wait().unwrap().success());
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn hear_line() {
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

/// What the other process does. As a test of its own it does nothing.
#[test]
fn peer() {
    let Ok(role) = std::env::var(ROLE) else {
        assert!(std::env::var(DIR).is_err(), "a peer without a role");
        return;
    };
    let dir = open(Path::new(&std::env::var(DIR).unwrap()));
    let (verb, argument) = role.split_once(' ').unwrap();
    match verb {
        "hold" => {
            let mode = if argument == "shared" { Shared } else { Exclusive };
            let guard = dir.try_lock(&key("k"), mode, &HolderInfo::here("+peer")).unwrap();
            println!("\n{}", if guard.is_some() { "held" } else { "refused" });
            hear_line();
        }
        "share" => {
            let guard = dir.try_lock(&key("k"), Exclusive, &HolderInfo::here("+peer")).unwrap().unwrap();
            // Ends when somebody writes to it.
            let mut child = Command::new("/bin/sh");
            child.args(["-c", "echo; echo shared; read word <\"$0\"; echo $word >\"$0\"", argument]);
            let mut child = child.stdin(guard.share().unwrap()).spawn().unwrap();
            hear_line();
            drop(guard);
            println!("\ndropped");
            child.wait().unwrap();
        }
        "queue" => {
            let mode = if argument == "shared" { Shared } else { Exclusive };
            let told = std::sync::atomic::AtomicBool::new(false);
            let guards = lock(&dir, &[(key("k"), mode)], LONG, |_| {
                if !told.swap(true, std::sync::atomic::Ordering::Relaxed) {
                    println!("\nwaiting");
                }
            });
            let guards = guards.unwrap();
            println!("\nserved");
            hear_line();
            drop(guards);
        }
        "count" => {
            // Without exclusion, two that read and write the counter at once lose counts.
            let counter = dir.root().join("counter");
            for round in 0..argument.parse::<u32>().unwrap() {
                let mut wanted = [(key("a"), Exclusive), (key("b"), Exclusive)];
                wanted.rotate_left(round as usize % 2);
                let guards = lock(&dir, &wanted, LONG, |_| {}).unwrap();
                let count: u32 = std::fs::read_to_string(&counter).unwrap_or_default().parse().unwrap_or(0);
                std::fs::write(&counter, (count + 1).to_string()).unwrap();
                drop(guards);
            }
        }
        _ => panic!("unknown role {role}"),
    }
}

#[test]
fn modes_exclude_each_other_between_processes() {
    let root = tempfile::tempdir().unwrap();
    let dir = open(root.path());
    for (theirs, role, mine, expect) in [
        (Shared, "hold shared", Shared, true),
        (Shared, "hold shared", Exclusive, false),
        (Exclusive, "hold exclusive", Shared, false),
        (Exclusive, "hold exclusive", Exclusive, false),
    ] {
        let mut peer = Peer::start(role, root.path());
        peer.hear("held");
        let got = dir.try_lock(&key("k"), mine, &HolderInfo::here("+here")).unwrap();
        assert_eq!(got.is_some(), expect, "{theirs:?} {mine:?}");
        assert!(dir.try_lock(&key("other"), Exclusive, &HolderInfo::here("+here")).unwrap().is_some());
        drop(got);
        peer.end();
        assert!(dir.try_lock(&key("k"), Exclusive, &HolderInfo::here("+here")).unwrap().is_some());
    }
}

#[test]
fn a_killed_holder_holds_nothing() {
    let root = tempfile::tempdir().unwrap();
    let dir = open(root.path());
    let me = HolderInfo::here("+here");
    for role in ["hold exclusive", "hold shared"] {
        let mut peer = Peer::start(role, root.path());
        peer.hear("held");
        assert!(dir.try_lock(&key("k"), Exclusive, &me).unwrap().is_none());
        peer.kill();
        let shared = dir.try_lock(&key("k"), Shared, &me).unwrap();
        let targets: Vec<_> = dir.holders(&key("k")).into_iter().map(|holder| holder.target).collect();
        assert_eq!(targets, ["+here"], "{role}");
        drop(shared);
        assert!(dir.try_lock(&key("k"), Exclusive, &me).unwrap().is_some());
    }
}

#[test]
fn a_lock_that_is_shared_with_a_child_is_held_until_both_have_ended() {
    let root = tempfile::tempdir().unwrap();
    let (dir, fifo) = (open(root.path()), root.path().join("fifo"));
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let me = HolderInfo::here("+here");
    let role = format!("share {}", fifo.display());
    for killed in [true, false] {
        let mut peer = Peer::start(&role, root.path());
        peer.hear("shared");
        let ends = if killed {
            peer.kill();
            None
        } else {
            writeln!(peer.stdin).unwrap();
            peer.hear("dropped");
            Some(peer)
        };
        assert_eq!(dir.try_lock(&key("k"), Exclusive, &me).unwrap().is_none(), killed, "whoever drops it has freed it");
        std::fs::write(&fifo, "word\n").unwrap();
        assert_eq!(std::fs::read_to_string(&fifo).unwrap(), "word\n");
        // The child ends now.
        lock(&dir, &[(key("k"), Exclusive)], LONG, |_| ()).unwrap();
        if let Some(peer) = ends {
            peer.end();
        }
    }
}

#[test]
fn holders_are_known_while_they_hold() {
    let root = tempfile::tempdir().unwrap();
    let dir = open(root.path());
    for role in ["hold exclusive", "hold shared"] {
        let mut peer = Peer::start(role, root.path());
        peer.hear("held");
        let holders = dir.holders(&key("k"));
        assert_eq!(holders.len(), 1, "{role}");
        assert_eq!((holders[0].pid, holders[0].target.as_str()), (peer.child.id(), "+peer"));
        peer.end();
        assert_eq!(dir.holders(&key("k")), []);
    }
}

#[test]
fn a_wait_is_told_and_ends_with_names() {
    let root = tempfile::tempdir().unwrap();
    let dir = open(root.path());
    let mut peer = Peer::start("hold exclusive", root.path());
    peer.hear("held");
    let mut waits = Vec::new();
    let error = lock(&dir, &[(key("k"), Shared)], Duration::from_millis(50), |wait| waits.push(wait)).unwrap_err();
    assert_eq!((waits[0].key.to_string(), waits[0].ahead), ("cache `k`".to_owned(), 0));
    assert_eq!(waits[0].holders[0].target, "+peer");
    let expect = format!(" for cache `k`: held by +peer, pid {}; `--lock-timeout` sets", peer.child.id());
    assert!(error.to_string().contains(&expect), "{error}");
    assert!(matches!(error, LockError::Timeout { waited, .. } if waited >= Duration::from_millis(50)));
    peer.end();
}

#[test]
fn the_default_tells_a_wait_within_a_second() {
    assert!(WaitOptions::default().announce_after < Duration::from_secs(1));
    assert_eq!(WaitOptions::default().timeout, None);
}

#[test]
fn waiters_are_served_in_the_order_in_which_they_came() {
    let root = tempfile::tempdir().unwrap();
    let dir = open(root.path());
    let me = HolderInfo::here("+here");
    let guard = dir.try_lock(&key("k"), Exclusive, &me).unwrap().unwrap();
    let mut peers: Vec<Peer> = Vec::new();
    for _ in 0..4 {
        let mut peer = Peer::start("queue exclusive", root.path());
        peer.hear("waiting");
        peers.push(peer);
    }
    // a dead waiter is passed over
    peers.remove(1).kill();
    drop(guard);
    // the lock is free for a moment at least, but those who wait come first
    let barge = dir.try_lock(&key("k"), Exclusive, &me).unwrap();
    assert!(barge.is_none());
    for mut peer in peers {
        peer.hear("served");
        let pids: Vec<_> = dir.holders(&key("k")).into_iter().map(|holder| holder.pid).collect();
        assert_eq!(pids, [peer.child.id()]);
        peer.end();
    }
}

/// A process that is said to wait.
fn waiter(role: &str, root: &Path) -> Peer {
    let mut peer = Peer::start(role, root);
    peer.hear("waiting");
    peer
}

#[test]
fn nobody_overtakes_a_waiter_of_the_other_mode() {
    let root = tempfile::tempdir().unwrap();
    let dir = open(root.path());
    let me = HolderInfo::here("+here");
    // Who shares comes after who waited to be alone, although sharing would be possible at once.
    let shared = dir.try_lock(&key("k"), Shared, &me).unwrap().unwrap();
    let mut writer = waiter("queue exclusive", root.path());
    assert!(dir.try_lock(&key("k"), Shared, &me).unwrap().is_none());
    let mut readers = [waiter("queue shared", root.path()), waiter("queue shared", root.path())];
    let mut last = waiter("queue exclusive", root.path());
    drop(shared);
    writer.hear("served");
    assert_eq!(dir.holders(&key("k")).len(), 1);
    writer.end();
    // Both at once, and before the writer that came after them.
    readers.iter_mut().for_each(|reader| reader.hear("served"));
    assert_eq!(dir.holders(&key("k")).len(), 2);
    assert!(dir.try_lock(&key("k"), Exclusive, &me).unwrap().is_none());
    readers.into_iter().for_each(Peer::end);
    last.hear("served");
    last.end();
}

#[test]
fn what_is_locked_is_listed_without_touching_it() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(LockDir::list(&root.path().join("none")).unwrap(), []);
    let dir = open(root.path());
    let me = HolderInfo::here("+here");
    let long = LockKey::new("clone", "a name that is longer than what the file's name keeps of it/x");
    let _other = [dir.try_lock(&long, Shared, &me).unwrap(), dir.try_lock(&long, Shared, &me).unwrap()];
    drop(dir.try_lock(&key("free"), Exclusive, &me).unwrap());
    let mut holder = Peer::start("hold exclusive", root.path());
    holder.hear("held");
    let waiters = [waiter("queue shared", root.path()), waiter("queue exclusive", root.path())];
    let files = || {
        let entries = std::fs::read_dir(root.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut all: Vec<_> = entries
            .flat_map(|path| match std::fs::read_dir(&path) {
                Ok(below) => below.map(|entry| entry.unwrap().path()).collect(),
                Err(_) => vec![path],
            })
            .collect();
        all.sort();
        all
    };
    let show = || -> Vec<String> {
        let party = |party: &super::Party| format!("{:?} {} {:?}", party.mode, party.info.pid, party.info.liveness());
        let lock = |lock: &super::Listed| {
            let parties = |of: &[super::Party]| of.iter().map(party).collect::<Vec<_>>().join(", ");
            format!("{} {}: {} | {}", lock.kind, lock.name, parties(&lock.holders), parties(&lock.waiters))
        };
        LockDir::list(root.path()).unwrap().iter().map(lock).collect()
    };
    let (before, mine, theirs) = (files(), me.pid, holder.child.id());
    let [first, second] = [waiters[0].child.id(), waiters[1].child.id()];
    let clone = format!("clone {}: Shared {mine} Alive, Shared {mine} Alive | ", long.name());
    let waiting = format!("Shared {first} Alive, Exclusive {second} Alive");
    assert_eq!(show(), [format!("cache k: Exclusive {theirs} Alive | {waiting}"), clone.clone()]);
    assert_eq!(files(), before);
    let [reader, mut writer] = waiters;
    reader.kill();
    holder.kill();
    writer.hear("served");
    assert_eq!(show(), [format!("cache k: Exclusive {second} Alive | "), clone.clone()]);
    // Its name outlives a process that is killed; its lock does not.
    writer.kill();
    assert_eq!(show(), [format!("cache k: Exclusive {second} Dead | "), clone.clone()]);
    drop(dir.try_lock(&key("k"), Exclusive, &me).unwrap().unwrap());
    assert_eq!(show(), [clone]);
}

#[test]
fn locks_in_any_order_never_hang_and_never_let_two_in() {
    const ROUNDS: u32 = 400;
    let root = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let peers: Vec<Peer> = (0..3).map(|_| Peer::start(&format!("count {ROUNDS}"), root.path())).collect();
    peers.into_iter().for_each(Peer::end);
    assert_eq!(std::fs::read_to_string(root.path().join("counter")).unwrap(), (3 * ROUNDS).to_string());
    assert!(begun.elapsed() < LONG);
}

#[test]
fn a_key_that_is_named_twice_is_taken_once_in_its_stronger_mode() {
    let root = tempfile::tempdir().unwrap();
    let dir = open(root.path());
    let wanted = [(key("b"), Shared), (key("a"), Exclusive), (key("a"), Shared), (key("b"), Shared)];
    let guards = lock(&dir, &wanted, LONG, |_| {}).unwrap();
    let got: Vec<_> = guards.iter().map(|guard| (guard.key().name(), guard.mode())).collect();
    assert_eq!(got, [("a", Exclusive), ("b", Shared)]);
}

#[test]
fn a_failed_call_and_a_dropped_one_give_everything_back() {
    let root = tempfile::tempdir().unwrap();
    let dir = open(root.path());
    let me = HolderInfo::here("+here");
    let blocker = dir.try_lock(&key("b"), Exclusive, &me).unwrap();
    let wanted = [(key("a"), Exclusive), (key("b"), Exclusive)];
    assert!(lock(&dir, &wanted, Duration::ZERO, |_| {}).is_err());
    assert!(dir.try_lock(&key("a"), Exclusive, &me).unwrap().is_some());
    block_on(async {
        let options = WaitOptions { timeout: None, announce_after: Duration::ZERO };
        let (told, telling) = tokio::sync::oneshot::channel();
        let mut told = Some(told);
        let call = dir.lock(&wanted, &me, options, move |_| {
            told.take().map_or(Ok(()), |told| told.send(())).unwrap();
        });
        assert_send(&call);
        tokio::select! {
            _ = call => panic!("the lock is held"),
            heard = telling => heard.unwrap(),
        }
    });
    assert!(dir.try_lock(&key("a"), Exclusive, &me).unwrap().is_some());
    drop(blocker);
    // no ticket is left over
    assert!(dir.try_lock(&key("b"), Exclusive, &me).unwrap().is_some());
}

#[test]
fn a_replaced_lock_file_is_noticed() {
    let root = tempfile::tempdir().unwrap();
    let dir = open(root.path());
    let me = HolderInfo::here("+here");
    let path = root.path().join(key("k").file_stem() + ".lock");
    let old = dir.try_lock(&key("k"), Exclusive, &me).unwrap().unwrap();
    let opened = std::fs::File::open(&path).unwrap();
    assert!(super::locked_file::is_at(&opened, &path).unwrap());
    std::fs::remove_file(&path).unwrap();
    assert!(!super::locked_file::is_at(&opened, &path).unwrap());
    // Whoever opened the file before it was replaced, and gets its lock now, must not take it for the lock.
    std::fs::write(&path, "").unwrap();
    assert!(!super::locked_file::is_at(&opened, &path).unwrap());
    let new = dir.try_lock(&key("k"), Exclusive, &me).unwrap();
    assert!(new.is_some());
    drop(old);
    assert!(dir.try_lock(&key("k"), Exclusive, &me).unwrap().is_none());
}

#[test]
fn a_file_that_is_replaced_all_the_time_never_has_two_holders() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("file");
    let holders = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..500 {
                    // Only the holder replaces the file, as its last act; a second one would be one who locked the old inode.
                    if let Some(file) = super::LockedFile::try_lock(&path, Exclusive).unwrap() {
                        assert_eq!(holders.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                        holders.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        std::fs::remove_file(&path).unwrap();
                        drop(file);
                    }
                }
            });
        }
    });
    assert_eq!(holders.into_inner(), 0);
}

#[test]
fn one_of_a_pool_is_taken_and_the_pool_is_fair() {
    let root = tempfile::tempdir().unwrap();
    let dir = open(root.path());
    let me = HolderInfo::here("+here");
    let pool = LockKey::new("slots", "host");
    let slots = [LockKey::new("slot", "0"), LockKey::new("slot", "1")];
    let any = |timeout| {
        let options = WaitOptions { timeout: Some(timeout), ..WaitOptions::default() };
        block_on(dir.lock_any(&pool, &slots, &me, options, |_| std::future::ready(true), |_| {}))
    };
    let first = any(LONG).unwrap();
    let second = any(LONG).unwrap();
    assert_eq!([first.key().name(), second.key().name()], ["0", "1"]);
    let error = any(Duration::ZERO).unwrap_err();
    assert!(matches!(&error, LockError::Timeout { holders, .. } if holders.len() == 2), "{error}");
    drop(first);
    assert_eq!(any(LONG).unwrap().key().name(), "0");
}

#[test]
fn a_lock_is_closed_in_programs_that_are_started() {
    let root = tempfile::tempdir().unwrap();
    let dir = open(root.path());
    let me = HolderInfo::here("+here");
    let guard = dir.try_lock(&key("k"), Shared, &me).unwrap();
    let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    drop(guard);
    let again = dir.try_lock(&key("k"), Exclusive, &me).unwrap();
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert!(again.is_some());
}
