//! Addresses of the network as texts: their parts, what must not be seen of them, and how they write what they cannot.

/// An address, taken apart: `scheme://user@server/path`, or `user@server:path` as scp has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    /// What stands in front of `://`; none in the form of scp.
    pub scheme: Option<&'a str>,
    /// What stands in front of the `@`, encoded as it is: a user's name, or `user:password`.
    pub user: Option<&'a str>,
    /// The host, with the port where one is written.
    pub server: &'a str,
    /// What follows, without the character in between.
    pub path: &'a str,
}

/// Takes an address apart; `None` where a text has neither form. What is in the parts is not looked at.
#[must_use]
pub fn parts(text: &str) -> Option<Parts<'_>> {
    let (scheme, place, path) = match text.split_once("://") {
        Some((scheme, rest)) => {
            let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
            (Some(scheme), place, path)
        }
        None => {
            // An address of IPv6 has colons, between brackets.
            let bracket = text.find(['[', ':', '/']).filter(|at| text[*at..].starts_with('['));
            let from = bracket.map_or(Some(0), |_| text.find(']'))?;
            let (place, path) = text.split_at(from + text[from..].find(':')?);
            (None, place, &path[1..])
        }
    };
    if scheme.is_none() && place.contains('/') {
        return None;
    }
    let (user, server) = place.rsplit_once('@').map_or((None, place), |(user, server)| (Some(user), server));
    Some(Parts { scheme, user, server, path })
}

impl<'a> Parts<'a> {
    /// The server without its port. Addresses of IPv6 have their brackets.
    #[must_use]
    pub fn host(&self) -> &'a str {
        let colon =
            if self.server.starts_with('[') { self.server.find("]:").map(|at| at + 1) } else { self.server.find(':') };
        &self.server[..colon.unwrap_or(self.server.len())]
    }

    /// The path as a repository's name: without slashes around it, and without `.git`.
    #[must_use]
    pub fn repository(&self) -> &'a str {
        let path = self.path.trim_matches('/');
        path.strip_suffix(".git").unwrap_or(path)
    }

    /// The address without its user, where it has a scheme: so that no password is in it.
    #[must_use]
    pub fn without_user(&self) -> Option<String> {
        let (scheme, slash) = (self.scheme?, if self.path.is_empty() { "" } else { "/" });
        Some(format!("{scheme}://{}{slash}{}", self.server, self.path))
    }
}

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
    fn addresses_are_taken_apart() {
        for (text, expected, host, repository) in [
            ("https://h.org/o/r.git", (Some("https"), None, "h.org", "o/r.git"), "h.org", "o/r"),
            ("https://u:p@h.org:8080/o/r/", (Some("https"), Some("u:p"), "h.org:8080", "o/r/"), "h.org", "o/r"),
            ("http://a@b@[::1]:80/r.git.git", (Some("http"), Some("a@b"), "[::1]:80", "r.git.git"), "[::1]", "r.git"),
            ("ssh://git@[::1]/r", (Some("ssh"), Some("git"), "[::1]", "r"), "[::1]", "r"),
            ("https://h.org", (Some("https"), None, "h.org", ""), "h.org", ""),
            ("file:///srv/r.git", (Some("file"), None, "", "srv/r.git"), "", "srv/r"),
            ("git@h.org:o/r.git", (None, Some("git"), "h.org", "o/r.git"), "h.org", "o/r"),
            ("h.org:/o/[r]:x", (None, None, "h.org", "/o/[r]:x"), "h.org", "o/[r]:x"),
            ("git@[::1]:o/r", (None, Some("git"), "[::1]", "o/r"), "[::1]", "o/r"),
        ] {
            let parts = parts(text).unwrap();
            assert_eq!((parts.scheme, parts.user, parts.server, parts.path), expected, "{text}");
            assert_eq!((parts.host(), parts.repository()), (host, repository), "{text}");
        }
        for text in ["", "/srv/r.git", "./a:b", "r", "[::1", "a/[b]:c"] {
            assert_eq!(parts(text), None, "{text}");
        }
        let without = |text: &str| parts(text).unwrap().without_user();
        assert_eq!(without("https://u:p@h.org/x/").as_deref(), Some("https://h.org/x/"));
        assert_eq!(without("https://u@h.org").as_deref(), Some("https://h.org"));
        assert_eq!(without("git@h.org:x"), None);
    }

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
