//! Spans of time on the command line.

use std::time::Duration;

/// Reads `30s`, `5m`, `2h`, `500ms`, or a number of seconds.
pub fn parse(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let scale = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("write it as `30s`, `5m` or `2h`".to_owned()),
    };
    let number: f64 = number.parse().map_err(|_| "write it as `30s`, `5m` or `2h`".to_owned())?;
    Duration::try_from_secs_f64(number * scale).map_err(|_| "that is too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(parse("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(parse("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("0"), Ok(Duration::ZERO));
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
        for bad in ["", "x", "5 days", "-1s", "1e99h"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
