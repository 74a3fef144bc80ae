//! Names that nobody else uses.

use crate::digest::Digest;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A new name: 25 hexadecimal digits, made of the operating system's randomness, the process, the time and a counter.
pub fn name() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    let random = RandomState::new().hash_one(count);
    let mut hex = Digest::of(format!("{random} {} {now} {count}", std::process::id())).hex();
    hex.truncate(25);
    hex
}
