//! Strings of JSON arrays (RFC 8259 §7).

/// The value of what stands between a JSON string's quotes. Half a surrogate pair stands for U+FFFD; an escape that JSON does not know
/// stays as it is.
pub(super) fn unescape(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(first) = unit(rest) {
            rest = &rest[6..];
            let second = unit(rest).filter(|second| (0xdc00..0xe000).contains(second));
            match second {
                Some(second) if (0xd800..0xdc00).contains(&first) => {
                    let code = 0x10000 + ((u32::from(first) - 0xd800) << 10) + (u32::from(second) - 0xdc00);
                    value.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    rest = &rest[6..];
                }
                _ => value.push(char::from_u32(first.into()).unwrap_or(char::REPLACEMENT_CHARACTER)),
            }
            continue;
        }
        let known = match rest.as_bytes().get(1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => {
                value.push('\\');
                rest = &rest[1..];
                continue;
            }
        };
        value.push(known);
        rest = &rest[2..];
    }
    value.push_str(rest);
    value
}

/// The UTF-16 unit of a `\uXXXX` at the beginning of `text`.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let all_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    all_hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

/// `value` as a JSON string with its quotes, on one line.
pub(super) fn quote(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if u32::from(c) < 0x20 => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_json() {
        let check = |text: &str, expect: &str| assert_eq!(unescape(text), expect, "{text}");
        check("plain", "plain");
        check(r#"\"\\\/"#, r#""\/"#);
        check(r"a\n\t\r\b\fz", "a\n\t\r\u{8}\u{c}z");
        check(r"\u0041\u00e9", "Aé");
        check(r"\ud83d\ude00", "😀");
        check(r"\ud83d-\ude00", "\u{fffd}-\u{fffd}");
        check(r"\ud83d\ud83d\ude00", "\u{fffd}😀");
        check(r"\u00", r"\u00");
        check(r"\x\", r"\x\");
    }

    #[test]
    fn quoting_is_undone_by_unescape() {
        for value in ["", "a b", "\"\\\n\r\t\u{1}é😀$(x)", "\u{8}/"] {
            let quoted = quote(value);
            assert_eq!(unescape(&quoted[1..quoted.len() - 1]), value);
            assert!(!quoted.contains('\n'));
        }
    }
}
