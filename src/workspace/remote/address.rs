//! Where git finds a repository.

use super::logins::Login;
use super::reference::Remote;
use crate::url::{decoded, mask};
use std::fmt;

/// An address that git may be given.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(String);

/// Why a text is no address that git may be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is a place on this machine, or something that runs a program.
    #[error("`{0}` is not the address of a remote repository")]
    Kind(String),
    /// It could be taken for an option, or for several words.
    #[error("`{0}` is not a plain address")]
    Odd(String),
}

impl AddressError {
    /// What to type instead.
    #[must_use]
    pub fn help(&self) -> &'static str {
        "write `https://host/path`, `ssh://user@host/path` or `user@host:path`"
    }
}

/// What git may be asked for. Files of this machine are not among them: a Buildfile of somebody else must not read them. (A user's own
/// `url.<base>.insteadOf` may still lead there.)
const SCHEMES: [&str; 4] = ["https://", "http://", "ssh://", "git://"];

impl Address {
    /// Reads an address: with a scheme, or in the form of scp.
    ///
    /// # Errors
    /// Where git would take it for something else.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.is_empty() || text.starts_with('-') || text.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err(AddressError::Odd(mask(text)));
        }
        let rest = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme));
        let (host, path) = match rest {
            Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
            None => match text.split_once(':') {
                // `ext::sh -c …` and `C:\…`, or a path with a colon.
                Some((host, path)) if !path.starts_with(':') && !path.starts_with('\\') && !host.contains('/') => {
                    (host, path)
                }
                _ => return Err(AddressError::Kind(mask(text))),
            },
        };
        let host = host.rsplit('@').next().unwrap_or(host);
        if host.is_empty() || host.starts_with('-') || path.is_empty() || path.starts_with('-') {
            return Err(AddressError::Odd(mask(text)));
        }
        if rest.is_none() && !text.contains('@') && !host.contains('.') {
            return Err(AddressError::Kind(mask(text)));
        }
        Ok(Self(text.to_owned()))
    }

    /// The addresses of a repository that is written as `host/org/repo`: first with https, then with ssh.
    #[must_use]
    pub fn of(remote: &Remote) -> [Self; 2] {
        let path = remote.repository.strip_suffix(".git").unwrap_or(&remote.repository);
        [Self(format!("https://{path}.git")), Self(format!("ssh://git@{path}.git"))]
    }

    /// The repository by its name, whichever way it is reached: `host/org/repo`.
    #[must_use]
    pub fn repository(&self) -> String {
        format!("{}/{}", self.host(), self.parts().1)
    }

    /// The same with the port where one is written, which may lead to another server.
    #[must_use]
    pub fn place(&self) -> String {
        let (server, path) = self.parts();
        format!("{server}/{path}")
    }

    /// The server, with its port where one is written, and the path without `.git`.
    fn parts(&self) -> (&str, &str) {
        let parted = match self.0.split_once("://") {
            Some((_, rest)) => rest.split_once('/'),
            None => self.0.split_once(':'),
        };
        let (server, path) = parted.unwrap_or((&self.0, ""));
        let path = path.trim_matches('/');
        (server.rsplit('@').next().unwrap_or(server), path.strip_suffix(".git").unwrap_or(path))
    }

    /// The text for git.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host that is asked.
    #[must_use]
    pub fn host(&self) -> &str {
        let (host, _) = self.parts();
        let end = if host.starts_with('[') { host.find(']').map(|at| at + 1) } else { host.find(':') };
        &host[..end.unwrap_or(host.len())]
    }

    /// Whether the host is asked through ssh.
    #[must_use]
    pub fn is_ssh(&self) -> bool {
        self.0.starts_with("ssh://") || !self.0.contains("://")
    }

    /// The login that stands in the address.
    #[must_use]
    pub fn login(&self) -> Option<Login> {
        let (scheme, rest) = self.0.split_once("://")?;
        let (user, password) = rest.split('/').next()?.rsplit_once('@')?.0.split_once(':')?;
        let (user, password) = (decoded(user)?, decoded(password)?);
        let plain = ![&user, &password].iter().any(|text| text.contains(char::is_control));
        (plain && matches!(scheme, "https" | "http")).then_some(Login { user, password })
    }

    /// The text for git, which gets the [login](Self::login) in another way: everybody can read the arguments of a process.
    #[must_use]
    pub fn without_login(&self) -> String {
        if self.login().is_some() { self.scrubbed() } else { self.0.clone() }
    }

    /// The address without user name and password where it has a password: what may be kept.
    #[must_use]
    pub fn scrubbed(&self) -> String {
        match self.0.split_once("://") {
            Some((scheme @ ("https" | "http"), rest)) => {
                let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
                format!("{scheme}://{}/{path}", host.rsplit('@').next().unwrap_or(host))
            }
            _ => self.0.clone(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_are_taken() {
        for (text, host, scrubbed) in [
            ("https://github.com/o/r.git", "github.com", "https://github.com/o/r.git"),
            ("https://me:token@github.com/o/r", "github.com", "https://github.com/o/r"),
            ("http://127.0.0.1:8080/r", "127.0.0.1", "http://127.0.0.1:8080/r"),
            ("ssh://git@example.org:2222/a/b.git", "example.org", "ssh://git@example.org:2222/a/b.git"),
            ("git@github.com:o/r.git", "github.com", "git@github.com:o/r.git"),
            ("example.org:r.git", "example.org", "example.org:r.git"),
            ("git://example.org/r", "example.org", "git://example.org/r"),
            ("https://me:token@[::1]:8080/r", "[::1]", "https://[::1]:8080/r"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((address.host(), address.scrubbed().as_str()), (host, scrubbed), "{text}");
        }
        for text in ["https://me@h.org:8443/o/r.git/", "ssh://git@h.org:22/o/r", "git@h.org:o/r.git", "git@h.org:/o/r"]
        {
            assert_eq!(Address::parse(text).unwrap().repository(), "h.org/o/r", "{text}");
        }
        for (text, place) in [
            ("https://me:token@h.org:8443/o/r.git/", "h.org:8443/o/r"),
            ("git@h.org:o/r.git", "h.org/o/r"),
            ("https://h.org/o/r", "h.org/o/r"),
        ] {
            assert_eq!(Address::parse(text).unwrap().place(), place, "{text}");
        }
    }

    #[test]
    fn programs_files_and_options_are_refused() {
        for text in [
            "",
            "/etc",
            "./repo",
            "repo",
            "file:///srv/repo",
            "ext::sh -c touch",
            "ext::sh",
            "fd::3",
            "--upload-pack=touch",
            "-oProxyCommand=x:y",
            "ssh://-oProxyCommand=x/y",
            "git@-oProxyCommand=x:y",
            "https://",
            "https://host",
            "https://host/",
            "https://host/-x",
            "host:-x",
            "https://host/a b",
            "https://host/a\nb",
            "C:\\repo",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_is_told_to_nobody_but_the_server() {
        let address = |text: &str| Address::parse(text).unwrap();
        assert_eq!(address("https://u:p@h.org/x").to_string(), "https://***@h.org/x");
        for (text, login, rest) in [
            ("https://u:p%40@h.org/x", Some(("u", "p@")), "https://h.org/x"),
            ("http://u:p:q@h.org:8080/x", Some(("u", "p:q")), "http://h.org:8080/x"),
            ("https://me@h.org/x", None, "https://me@h.org/x"),
            ("https://h.org/x", None, "https://h.org/x"),
            ("ssh://git@h.org/x", None, "ssh://git@h.org/x"),
            // A line of its own would be another login.
            ("https://u:p%0A@h.org/x", None, "https://u:p%0A@h.org/x"),
        ] {
            let (address, login) =
                (address(text), login.map(|(user, password)| (user.to_owned(), password.to_owned())));
            assert_eq!(address.login().map(|found| (found.user, found.password)), login, "{text}");
            assert_eq!(address.without_login(), rest, "{text}");
        }
    }

    #[test]
    fn a_written_repository_has_two_addresses() {
        let remote = Remote::parse("github.com/o/r/sub:v1").unwrap();
        let [https, ssh] = Address::of(&remote);
        assert_eq!((https.as_str(), ssh.as_str()), ("https://github.com/o/r.git", "ssh://git@github.com/o/r.git"));
        let [https, _] = Address::of(&Remote::parse("h.org/a/b/c/r.git/x").unwrap());
        assert_eq!(https.as_str(), "https://h.org/a/b/c/r.git");
    }
}
