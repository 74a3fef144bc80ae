//! Spans of time on the command line.

use crate::analysis::parse_duration;
use std::time::Duration;

/// Reads what Buildfiles read as durations (`30s`, `1m30s`, `500ms`), or a number of seconds.
pub fn parse(text: &str) -> Result<Duration, String> {
    let seconds =
        || text.parse().ok().filter(|_| is_number(text)).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    parse_duration(text).or_else(seconds).ok_or_else(|| "write it as `30s`, `5m` or `2h`".to_owned())
}

/// Reads an age: what Buildfiles read as durations, with days in front or alone (`7d`, `1d12h`). Only `0` needs no unit: who types
/// `7` hardly means seconds.
pub fn age(text: &str) -> Result<Duration, String> {
    let wrong = || match is_number(text) {
        true => format!("an age needs a unit: `{text}d` or `{text}h`"),
        false => "write it as `7d`, `36h` or `90m`".to_owned(),
    };
    let Some((days, rest)) = text.split_once('d') else { return parse_duration(text).ok_or_else(wrong) };
    let days: u32 = days.parse().map_err(|_| wrong())?;
    let rest = if rest.is_empty() { Some(Duration::ZERO) } else { parse_duration(rest) };
    rest.and_then(|rest| (Duration::from_secs(24 * 3600) * days).checked_add(rest)).ok_or_else(wrong)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(parse("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(parse("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("0"), Ok(Duration::ZERO));
        assert_eq!(parse("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
        for bad in ["", "x", "5 days", "1e3", "-1s", "1e99h"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ages_have_days() {
        let hours = |hours: u64| Ok(Duration::from_secs(hours * 3600));
        assert_eq!(age("7d"), hours(7 * 24));
        assert_eq!(age("1d12h"), hours(36));
        assert_eq!(age("24h"), hours(24));
        assert_eq!(age("0"), hours(0));
        for bad in ["", "d", "-1d", "1.5d", "7 d", "7days", "99999999999d", "1dd", "1d12"] {
            assert!(age(bad).is_err(), "{bad}");
        }
        assert_eq!(age("7"), Err("an age needs a unit: `7d` or `7h`".to_owned()));
        assert!(age("4294967295d").is_ok());
    }
}
