//! Points in time as RFC 3339 writes them.

use std::time::Duration;

use time::OffsetDateTime;

/// `2026-11-22T13:08:10.123Z`, from the time since 1970-01-01 00:00 UTC.
pub(in crate::ui) fn utc(since: Duration) -> String {
    let time = OffsetDateTime::UNIX_EPOCH + since;
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", time.millisecond())
}

/// The same for people: `2026-11-22 13:08 UTC`.
pub(in crate::ui) fn utc_for_people(since: Duration) -> String {
    format!("{} UTC", utc(since)[..16].replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_the_calendar() {
        let check = |seconds: u64, expect: &str| assert_eq!(utc(Duration::from_secs(seconds)), expect);
        check(0, "1970-01-01T00:00:00.000Z");
        check(951_782_399, "2000-02-28T23:59:59.000Z");
        check(951_782_400, "2000-02-29T00:00:00.000Z");
        check(951_868_800, "2000-03-01T00:00:00.000Z");
        check(1_735_689_599, "2024-12-31T23:59:59.000Z");
        check(1_772_323_200, "2026-03-01T00:00:00.000Z");
        check(4_107_542_400, "2100-03-01T00:00:00.000Z");
        assert_eq!(utc_for_people(Duration::from_secs(951_782_399)), "2000-02-28 23:59 UTC");
        assert_eq!(utc(Duration::from_millis(1_001)), "1970-01-01T00:00:01.001Z");
    }
}
