//! Where the logs of an invocation's steps are, and which older ones go.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use time::OffsetDateTime;

/// The directory in the cache directory.
const DIR: &str = "logs";
/// So many invocations are kept, the newest ones.
const KEPT: usize = 50;
/// Younger ones are kept as well: their builds may still run.
const YOUNG: Duration = Duration::from_secs(3600);

/// Where the logs of all invocations are.
#[must_use]
pub fn logs(cache_dir: &Path) -> PathBuf {
    cache_dir.join(DIR)
}

/// The directory for the logs of an invocation that begins `now`, which is not made yet: `logs/20261231-235959-4711`, the time in UTC
/// and the process. Old ones go, as far as they can.
#[must_use]
pub fn begin_logs(cache_dir: &Path, now: SystemTime, process: u32) -> PathBuf {
    let root = logs(cache_dir);
    forget(&root, now);
    root.join(format!("{}-{process}", date(now)))
}

/// Removes all but the newest and the young. What cannot be removed stays for the next time.
fn forget(root: &Path, now: SystemTime) {
    let Ok(entries) = std::fs::read_dir(root) else { return };
    let mut all: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    all.sort();
    for old in all.iter().rev().skip(KEPT) {
        let changed = old.symlink_metadata().and_then(|metadata| metadata.modified());
        let age = changed.ok().and_then(|changed| now.duration_since(changed).ok()).unwrap_or_default();
        if age > YOUNG {
            let _left = std::fs::remove_dir_all(old);
        }
    }
}

/// A time in UTC as names sort it: `20261231-235959`.
fn date(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    format!("{year:04}{month:02}{day:02}-{:02}{:02}{:02}", time.hour(), time.minute(), time.second())
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let check = |seconds: u64, expect: &str| assert_eq!(date(UNIX_EPOCH + Duration::from_secs(seconds)), expect);
        check(0, "19700101-000000");
        check(951_782_400, "20000229-000000");
        check(951_868_799, "20000229-235959");
        check(1_735_689_599, "20241231-235959");
        check(1_709_251_200, "20240301-000000");
        check(4_102_444_800, "21000101-000000");
    }

    #[test]
    fn old_invocations_go_and_young_ones_stay() {
        let place = tempfile::tempdir().unwrap();
        let root = logs(place.path());
        for number in 0..KEPT + 5 {
            std::fs::create_dir_all(root.join(format!("20260101-000000-{number:03}"))).unwrap();
        }
        let count = || std::fs::read_dir(&root).unwrap().count();
        let now = SystemTime::now();
        let dir = begin_logs(place.path(), now, 7);
        assert!(dir.starts_with(&root) && dir.to_str().unwrap().ends_with("-7") && !dir.exists(), "{dir:?}");
        assert_eq!(count(), KEPT + 5, "they have just been made");
        let _later = begin_logs(place.path(), now + 2 * YOUNG, 7);
        assert_eq!(count(), KEPT);
        assert!(!root.join("20260101-000000-004").exists() && root.join("20260101-000000-005").exists());
    }
}
