//! What locks and slots cost an ordinary step, when nobody is in the way: `cargo bench --bench locks`. Goal: less than 1 ms each.

use rbuild::lock::{HolderInfo, LockDir, LockKey, LockMode, Trust, WaitOptions};
use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: usize = 2_000;

fn main() {
    let root = tempfile::tempdir().expect("there is a place for temporary files");
    let dir = LockDir::open(root.path(), Trust::Blindly).expect("a directory can be made");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    let options = WaitOptions { timeout: Some(Duration::from_secs(10)), ..WaitOptions::default() };
    let here = || HolderInfo::here("+bench");
    let key = LockKey::new("cache", "gomod");

    measure("the holder's name", || drop(black_box(here())));
    measure("a lock, exclusive", || {
        drop(dir.try_lock(&key, LockMode::Exclusive, &here()).expect("can be locked").expect("is free"));
    });
    measure("a lock, shared", || {
        drop(dir.try_lock(&key, LockMode::Shared, &here()).expect("can be locked").expect("is free"));
    });
    measure("a lock, waiting if need be", || {
        let wanted = [(key.clone(), LockMode::Exclusive)];
        drop(runtime.block_on(dir.lock(&wanted, &here(), options, |_| {})).expect("is free"));
    });
    let pool = LockKey::new("slots", "");
    for slots in [2, 64] {
        let all: Vec<LockKey> = (0..slots).map(|number: usize| LockKey::new("slot", number.to_string())).collect();
        measure(&format!("a slot of {slots} on the machine, all free"), || {
            drop(runtime.block_on(dir.lock_any(&pool, &all, &here(), options, |_| {})).expect("one is free"));
        });
        // The last one is found only behind all the others.
        let held: Vec<_> = all[1..]
            .iter()
            .map(|slot| dir.try_lock(slot, LockMode::Exclusive, &here()).expect("can be locked"))
            .collect();
        let backwards: Vec<LockKey> = all.iter().rev().cloned().collect();
        measure(&format!("a slot of {slots} on the machine, one free"), || {
            drop(runtime.block_on(dir.lock_any(&pool, &backwards, &here(), options, |_| {})).expect("one is free"));
        });
        drop(held);
    }
}

/// Prints the median and the 99th percentile of a call.
fn measure(what: &str, mut call: impl FnMut()) {
    call();
    let mut took: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            call();
            begun.elapsed()
        })
        .collect();
    took.sort_unstable();
    let micros = |duration: Duration| duration.as_secs_f64() * 1e6;
    println!("{what:<40} median {:8.1} µs   p99 {:8.1} µs", micros(took[ROUNDS / 2]), micros(took[ROUNDS * 99 / 100]));
}
