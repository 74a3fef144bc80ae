//! User names and passwords for git, beside those that git finds by itself.

use std::fmt;

/// A user name and a password. Prints neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user name.
    pub user: String,
    /// The password, or a token.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(…)")
    }
}

/// What the user gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logins {
    /// `--git-username` and `--git-password`: for every host that the user's own files name.
    pub any: Option<Login>,
    /// Logins by host, first match wins.
    pub hosts: Vec<(String, Login)>,
}

impl Logins {
    /// Reads the text of a `.netrc` file. Format: curl's, <https://everything.curl.dev/usingcurl/netrc.html>; `default` and macros
    /// mean nothing to git.
    #[must_use]
    pub fn netrc(text: &str) -> Vec<(String, Login)> {
        let mut found: Vec<(String, Login)> = Vec::new();
        let mut host: Option<String> = None;
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let mut words = words(line).into_iter();
            while let Some(word) = words.next() {
                match word.as_str() {
                    "machine" => {
                        host = words.next();
                        if let Some(host) = &host {
                            found.push((host.clone(), Login { user: String::new(), password: String::new() }));
                        }
                    }
                    "default" => host = None,
                    "login" | "password" | "account" => {
                        let (value, last) = (words.next().unwrap_or_default(), found.last_mut());
                        if let (Some(_), Some((_, login))) = (&host, last) {
                            match word.as_str() {
                                "login" => login.user = value,
                                "password" => login.password = value,
                                _ => {}
                            }
                        }
                    }
                    "macdef" => {
                        // A macro ends with an empty line.
                        lines.by_ref().find(|line| line.trim().is_empty());
                        break;
                    }
                    _ => {}
                }
            }
        }
        found.retain(|(_, login)| !login.user.is_empty() || !login.password.is_empty());
        found
    }

    /// Every password: what must not be shown.
    pub fn passwords(&self) -> impl Iterator<Item = &str> {
        let all = self.any.iter().chain(self.hosts.iter().map(|(_, login)| login));
        all.map(|login| login.password.as_str()).filter(|password| !password.is_empty())
    }
}

/// The words of a line; `"…"` is one word, in which `\` takes the next character as it is. `#` begins a comment.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut chars = line.chars().peekable();
    while let Some(first) = chars.next() {
        match first {
            '#' if words.is_empty() => break,
            '"' => {
                let mut word = String::new();
                while let Some(char) = chars.next() {
                    match char {
                        '"' => break,
                        '\\' => word.extend(chars.next()),
                        char => word.push(char),
                    }
                }
                words.push(word);
            }
            first if first.is_whitespace() => {}
            first => {
                let mut word = first.to_string();
                while let Some(char) = chars.next_if(|char| !char.is_whitespace()) {
                    word.push(char);
                }
                words.push(word);
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn netrc_is_read() {
        let text = "# mine\nmachine github.com login me password tok#en\nmachine example.org\n  login \"a b\"\n  password \"q\\\"x\"\n\
            macdef init\nmachine no login no password no\n\ndefault login anonymous password x\nmachine last password only\nmachine none\n";
        let read = Logins::netrc(text);
        let read: Vec<_> = read.iter().map(|(h, l)| (h.as_str(), l.user.as_str(), l.password.as_str())).collect();
        assert_eq!(read, [("github.com", "me", "tok#en"), ("example.org", "a b", "q\"x"), ("last", "", "only")]);
    }

    #[test]
    fn a_login_prints_nothing() {
        let login = Login { user: "me".to_owned(), password: "secret".to_owned() };
        assert_eq!(format!("{login:?}"), "Login(…)");
    }
}
