//! Hosts with ports, as addresses have them: `host`, `host:port`, `[v6]`, `[v6]:port` (RFC 3986, section 3.2).

use std::fmt;

/// A host, and a port that may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Authority<'a> {
    /// Without brackets. Which characters it may have, the caller knows.
    pub host: &'a str,
    /// Whether it stood in brackets, which hold colons.
    pub bracketed: bool,
    /// From 1 on.
    pub port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// Reads one; `None` for brackets without a colon in them, colons without brackets, and a port that is no number.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (host, bracketed, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']').filter(|(host, _)| host.contains(':'))?;
                (host, true, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
            }
            None => text.split_once(':').map_or((text, false, None), |(host, port)| (host, false, Some(port))),
        };
        let number = |digits: &str| {
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|port: &u16| is_number && *port != 0)
        };
        let port = match port {
            Some(digits) => Some(number(digits)?),
            None => None,
        };
        (!host.is_empty()).then_some(Self { host, bracketed, port })
    }
}

impl fmt::Display for Authority<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bracketed {
            true => write!(f, "[{}]", self.host)?,
            false => f.write_str(self.host)?,
        }
        self.port.iter().try_for_each(|port| write!(f, ":{port}"))
    }
}

impl<'a> From<(&'a str, Option<u16>)> for Authority<'a> {
    fn from((host, port): (&'a str, Option<u16>)) -> Self {
        Self { host, bracketed: host.contains(':'), port }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_read_and_printed() {
        for (text, host, port) in [
            ("host", "host", None),
            ("host:1", "host", Some(1)),
            ("[::1]", "::1", None),
            ("[fe80::1]:65535", "fe80::1", Some(65535)),
        ] {
            let read = Authority::parse(text).expect("is one");
            assert_eq!((read.host, read.port, read.to_string().as_str()), (host, port, text));
            assert_eq!(Authority::from((host, port)), read);
        }
        for text in
            ["", ":1", "host:", "host:0", "host:+5", "host:65536", "::1", "[::1", "[host]:1", "[::1]1", "[::1]:"]
        {
            assert_eq!(Authority::parse(text), None, "{text}");
        }
    }
}
