//! Addresses of the network as texts: what must not be seen of them, and how they write what they cannot.

/// A text in which what stands between `://` and `@` is hidden: it may be a password.
#[must_use]
pub fn mask(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        masked.push_str(before);
        let end = after.find(|c: char| c.is_whitespace() || matches!(c, '/' | '\'' | '"')).unwrap_or(after.len());
        match after[..end].rfind('@') {
            Some(user) => {
                // A user name alone is no secret: `ssh://git@…`.
                let shown =
                    if before.ends_with("ssh://") && !after[..user].contains(':') { &after[..user] } else { "***" };
                masked.push_str(shown);
                rest = &after[user..];
            }
            None => rest = after,
        }
    }
    masked.push_str(rest);
    masked
}

/// The text that a percent-encoded one stands for; `None` where it stands for none.
#[must_use]
pub fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        let number = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        bytes.push(number(digits[0])? * 16 + number(digits[1])?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden() {
        for (text, expected) in [
            ("https://u:p@h/x", "https://***@h/x"),
            (
                "unable to access 'https://tok@h/x/': no https://h/y",
                "unable to access 'https://***@h/x/': no https://h/y",
            ),
            ("ssh://git@h/x", "ssh://git@h/x"),
            ("ssh://git:pw@h/x", "ssh://***@h/x"),
            ("https://a@b@h/x", "https://***@h/x"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(mask(text), expected);
        }
    }

    #[test]
    fn what_is_encoded_is_read() {
        for (text, expected) in [("a%2Cb%3d", Some("a,b=")), ("a%2", None), ("a%zz", None), ("a%ff", None)] {
            assert_eq!(decoded(text).as_deref(), expected);
        }
    }
}
