//! Where git finds a repository.

use super::logins::Login;
use super::reference::Remote;
use crate::url::{Parts, decoded, mask, parts};
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
    /// It has a login that cannot be read, or that its server could be given in no safe way.
    #[error("`{0}` has a login that git cannot be given")]
    Login(String),
}

/// The login that stands in an address. Prints none of it.
#[derive(Clone, PartialEq, Eq)]
pub enum AddressLogin {
    /// A user name and a password.
    Whole(Login),
    /// A user name alone, which may be a token: the password is looked up.
    User(String),
}

impl fmt::Debug for AddressLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressLogin(…)")
    }
}

impl AddressError {
    /// What to type instead.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Kind(_) | Self::Odd(_) => "write `https://host/path`, `ssh://user@host/path` or `user@host:path`",
            Self::Login(_) => {
                "write `https://user:password@host/path`, and what is no letter or digit as `%` and two hexadecimal digits"
            }
        }
    }
}

/// What git may be asked for. Files of this machine are not among them: a Buildfile of somebody else must not read them. (A user's own
/// `url.<base>.insteadOf` may still lead there.)
const SCHEMES: [&str; 4] = ["https", "http", "ssh", "git"];

impl Address {
    /// Reads an address: with a scheme, or in the form of scp.
    ///
    /// # Errors
    /// Where git would take it for something else, or could not be given its login.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.is_empty() || text.starts_with('-') || text.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err(AddressError::Odd(mask(text)));
        }
        let Some(parts) = parts(text) else { return Err(AddressError::Kind(mask(text))) };
        let is_known = match parts.scheme {
            Some(scheme) => SCHEMES.contains(&scheme),
            // `ext::sh -c …` and `C:\…`, or a path with a colon.
            None => !parts.path.starts_with([':', '\\']) && (parts.user.is_some() || parts.server.contains(['.', '['])),
        };
        if !is_known {
            return Err(AddressError::Kind(mask(text)));
        }
        let plain = |part: &str| !part.is_empty() && !part.starts_with('-');
        if !plain(parts.server) || !plain(parts.path) || !parts.user.is_none_or(plain) {
            return Err(AddressError::Odd(mask(text)));
        }
        let address = Self(text.to_owned());
        let is_readable = match (parts.user, parts.scheme) {
            (Some(_), Some("https" | "http")) => address.login().is_some(),
            // Ssh takes no password, and shows what it is given to everybody.
            (Some(user), Some(_)) => !user.contains(':'),
            _ => true,
        };
        if is_readable { Ok(address) } else { Err(AddressError::Login(mask(text))) }
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
        format!("{}/{}", self.host(), self.parts().repository())
    }

    /// The same with the port where one is written, which may lead to another server.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}/{}", self.parts().server, self.parts().repository())
    }

    fn parts(&self) -> Parts<'_> {
        parts(&self.0).expect("an address has parts")
    }

    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host that is asked.
    #[must_use]
    pub fn host(&self) -> &str {
        self.parts().host()
    }

    /// Whether the host is asked through ssh.
    #[must_use]
    pub fn is_ssh(&self) -> bool {
        self.parts().scheme.is_none_or(|scheme| scheme == "ssh")
    }

    /// The login that stands in the address.
    #[must_use]
    pub fn login(&self) -> Option<AddressLogin> {
        let Parts { scheme: Some("https" | "http"), user: Some(user), .. } = self.parts() else { return None };
        // A line of its own would be another login.
        let plain = |text: &str| decoded(text).filter(|text| !text.contains(char::is_control));
        Some(match user.split_once(':') {
            Some((user, password)) => AddressLogin::Whole(Login { user: plain(user)?, password: plain(password)? }),
            None => AddressLogin::User(plain(user)?),
        })
    }

    /// The server, for git's settings of servers: `https://host:8443`.
    #[must_use]
    pub fn server(&self) -> String {
        Parts { path: "", ..self.parts() }.without_user().unwrap_or_default()
    }

    /// The text for git, without the [login](Self::login) that it gets in another way: everybody can read the arguments of a process,
    /// and a tree is kept.
    #[must_use]
    pub fn scrubbed(&self) -> String {
        let parts = self.parts();
        let login = matches!(parts.scheme, Some("https" | "http"));
        parts.without_user().filter(|_| login).unwrap_or_else(|| self.0.clone())
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
            "ssh://-oProxyCommand=x@host/y",
            "git@-oProxyCommand=x:y",
            "https://",
            "https://host",
            "https://host/",
            "https://host/-x",
            "host:-x",
            "https://host/a b",
            "https://host/a\nb",
            "C:\\repo",
            "u:p@h.org:x",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_is_told_to_nobody_but_the_server() {
        let address = |text: &str| Address::parse(text).unwrap();
        assert_eq!(address("https://u:p@h.org/x").to_string(), "https://***@h.org/x");
        let whole = |user: &str, password: &str| {
            Some(AddressLogin::Whole(Login { user: user.to_owned(), password: password.to_owned() }))
        };
        for (text, login, rest) in [
            ("https://u:p%40@h.org/x", whole("u", "p@"), "https://h.org/x"),
            ("http://u:p:q@h.org:8080/x/", whole("u", "p:q"), "http://h.org:8080/x/"),
            ("https://t%6Fken@h.org/x", Some(AddressLogin::User("token".to_owned())), "https://h.org/x"),
            ("https://h.org/x", None, "https://h.org/x"),
            ("ssh://git@h.org/x", None, "ssh://git@h.org/x"),
            ("git@h.org:x", None, "git@h.org:x"),
        ] {
            assert_eq!(address(text).login(), login, "{text}");
            assert_eq!(address(text).scrubbed(), rest, "{text}");
        }
        assert_eq!(address("https://u:p@h.org:8443/x").server(), "https://h.org:8443");
        for text in [
            "https://u:p%@h.org/x",
            "https://u:p%ff@h.org/x",
            // A line of its own would be another login.
            "https://u:p%0A@h.org/x",
            "https://token%zz@h.org/x",
            "ssh://git:p@h.org/x",
            "git://u:p@h.org/x",
        ] {
            let error = Address::parse(text).unwrap_err();
            assert!(matches!(&error, AddressError::Login(shown) if shown.contains("://***@h.org/x")), "{error}");
            assert!(error.help().contains("user:password"));
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
