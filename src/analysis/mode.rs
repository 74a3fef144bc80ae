//! Permission bits as text.

/// Reads permission bits in octal, for example `0755`; at most `7777`. `None`: the text is no such number.
#[must_use]
pub fn parse_mode(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| matches!(byte, b'0'..=b'7')) {
        return None;
    }
    u32::from_str_radix(digits, 8).ok().filter(|mode| *mode <= 0o7777)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_octal() {
        for (text, expected) in [
            ("0755", Some(0o755)),
            ("755", Some(0o755)),
            ("0", Some(0)),
            ("04755", Some(0o4755)),
            ("0o644", Some(0o644)),
            ("", None),
            ("888", None),
            ("u+x", None),
            ("77777", None),
            ("-1", None),
            ("99999999999999", None),
        ] {
            assert_eq!(parse_mode(text), expected, "{text}");
        }
    }
}
