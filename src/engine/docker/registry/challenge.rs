//! What a registry answers to those whom it does not know yet: the header `WWW-Authenticate`.
//!
//! Format: <https://distribution.github.io/distribution/spec/auth/token/>.

/// How to prove who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    /// With user and password in each request.
    Basic,
    /// With a token that somebody else gives.
    Bearer {
        /// The address to ask.
        realm: String,
        /// The registry's name there.
        service: Option<String>,
    },
}

impl Challenge {
    /// Reads the header; `None` for schemes that are not known.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let realm = parameter(rest, "realm")?;
        Some(Self::Bearer { realm, service: parameter(rest, "service") })
    }
}

/// The value of `name="value"`. Values hold commas, but no quotes.
fn parameter(text: &str, name: &str) -> Option<String> {
    let mut rest = text;
    loop {
        let (key, after) = rest.split_once('=')?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(',').unwrap_or((after, "")),
        };
        if key.trim().trim_start_matches(',').trim().eq_ignore_ascii_case(name) {
            return Some(value.trim().to_owned());
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read() {
        let bearer = |realm: &str, service: Option<&str>| {
            Some(Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) })
        };
        for (header, expected) in [
            ("Basic realm=\"Registry\"", Some(Challenge::Basic)),
            ("basic", Some(Challenge::Basic)),
            (
                "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"repository:a/b:pull,push\"",
                bearer("https://auth.docker.io/token", Some("registry.docker.io")),
            ),
            ("bearer service=x, realm=\"https://h/t?a=b\"", bearer("https://h/t?a=b", Some("x"))),
            ("Bearer realm=\"https://h\"", bearer("https://h", None)),
            ("Bearer service=\"x\"", None),
            ("Negotiate", None),
            ("Bearer realm=\"open", None),
        ] {
            assert_eq!(Challenge::parse(header), expected, "{header}");
        }
    }
}
