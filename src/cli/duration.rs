//! Spans of time on the command line.

use crate::analysis::parse_duration;
use std::time::Duration;

/// Reads what Buildfiles read as durations (`30s`, `1m30s`, `500ms`), or a number of seconds.
pub fn parse(text: &str) -> Result<Duration, String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds = || text.parse().ok().filter(|_| plain).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    parse_duration(text).or_else(seconds).ok_or_else(|| "write it as `30s`, `5m` or `2h`".to_owned())
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
}
