//! Durations, sizes and counts in words.

use std::time::Duration;

/// A duration for people: `45 ms`, `0.3 s`, `12.3 s`, `2 min 03 s`, `1 h 02 min`.
pub(super) fn duration(duration: Duration) -> String {
    // Rounded before the unit is chosen, or 59.96 s would read `60.0 s`.
    let tenths = (duration.as_millis() + 50) / 100;
    let seconds = duration.as_secs();
    match seconds {
        _ if duration.as_millis() < 100 => format!("{} ms", duration.as_millis()),
        _ if tenths < 600 => format!("{}.{} s", tenths / 10, tenths % 10),
        _ if seconds < 3600 => format!("{} min {:02} s", seconds.max(60) / 60, seconds.max(60) % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A wait or an age for people, in whole seconds: `12 s`, `2 min 03 s`.
#[must_use]
pub fn wait(waited: Duration) -> String {
    if waited.as_secs() < 60 { format!("{} s", waited.as_secs()) } else { duration(waited) }
}

/// How long ago something was, roughly: `just now`, `5 min ago`, `3 h ago`, `9 days ago`.
#[must_use]
pub fn ago(age: Duration) -> String {
    match age.as_secs() {
        0..60 => "just now".to_owned(),
        seconds @ 60..3600 => format!("{} min ago", seconds / 60),
        seconds @ 3600..172_800 => format!("{} h ago", seconds / 3600),
        seconds => format!("{} days ago", seconds / 86_400),
    }
}

/// A number of bytes for people, in the units of IEC 80000-13: `812 B`, `1.5 MiB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // Tenths of the unit, in whole numbers: floats would be inexact for large sizes.
    let mut tenths = u128::from(bytes) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// A count with its noun: `1 step`, `2 steps`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_rough() {
        let check = |seconds: u64, expect: &str| assert_eq!(ago(Duration::from_secs(seconds)), expect);
        check(59, "just now");
        check(60, "1 min ago");
        check(3599, "59 min ago");
        check(3600, "1 h ago");
        check(172_799, "47 h ago");
        check(172_800, "2 days ago");
    }

    #[test]
    fn durations_read_well() {
        let check = |millis: u64, expect: &str| assert_eq!(duration(Duration::from_millis(millis)), expect);
        check(0, "0 ms");
        check(99, "99 ms");
        check(100, "0.1 s");
        check(12_345, "12.3 s");
        check(59_940, "59.9 s");
        check(59_960, "1 min 00 s");
        check(123_000, "2 min 03 s");
        check(3_723_000, "1 h 02 min");
        assert_eq!(wait(Duration::from_millis(12_900)), "12 s");
        assert_eq!(wait(Duration::from_secs(75)), "1 min 15 s");
    }

    #[test]
    fn sizes_read_well() {
        let check = |bytes: u64, expect: &str| assert_eq!(size(bytes), expect);
        check(0, "0 B");
        check(1023, "1023 B");
        check(1024, "1.0 KiB");
        check(1536 * 1024, "1.5 MiB");
        check(u64::MAX, "15.9 EiB");
        assert_eq!(count(1, "step"), "1 step");
        assert_eq!(count(0, "step"), "0 steps");
    }
}
