//! How a host's repositories are reached, where that is not the usual way.

use super::address::{Address, AddressError};
use super::logins::Login;
use regex_lite::Regex;
use serde::Deserialize;

/// What is set for one host.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiteSetting {
    /// A regular expression for the names of its repositories, from their beginning; by default the host's name and two more components.
    pub pattern: Option<String>,
    /// The address of a repository, with `$1` and so on for the groups of `pattern`.
    pub substitute: Option<String>,
    /// What follows the name of a repository in its address; by default `.git`.
    pub suffix: Option<String>,
    /// How to connect.
    pub auth: SiteAuth,
    /// The user's name: for ssh by default `git`, for https with `password`.
    pub user: Option<String>,
    /// The port; with `auto` that of ssh.
    pub port: Option<u16>,
    /// What stands in front of the path on the server.
    pub prefix: Option<String>,
    /// The password for https and http.
    pub password: Option<String>,
    /// Keys of the ssh server, as lines of `known_hosts`; the host's name may be left out.
    pub serverkey: Option<String>,
    /// Whether ssh refuses servers whose key it does not know; it does by default.
    pub strict_host_key_checking: Option<bool>,
    /// The command to use instead of `ssh`.
    pub ssh_command: Option<String>,
}

impl std::fmt::Debug for SiteSetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It holds a password.
        f.debug_struct("SiteSetting").field("pattern", &self.pattern).field("auth", &self.auth).finish_non_exhaustive()
    }
}

/// How to connect to a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SiteAuth {
    /// With ssh where that seems to work, else with https.
    #[default]
    Auto,
    /// With https only.
    Https,
    /// With http only.
    Http,
    /// With ssh only.
    Ssh,
}

/// Why a host's setting is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// The name is no host's.
    #[error("`{0}` is not the name of a host")]
    Host(String),
    /// The pattern cannot be read.
    #[error("the `pattern` of `{site}` is no regular expression: {message}")]
    Pattern {
        /// The host.
        site: String,
        /// Why.
        message: String,
    },
}

/// A host with its setting.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// What is set for it.
    pub setting: SiteSetting,
    pattern: Regex,
}

impl Site {
    fn new(name: String, setting: SiteSetting) -> Result<Self, SiteError> {
        let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-');
        if name.is_empty() || name.starts_with(['-', '.']) || !name.chars().all(plain) {
            return Err(SiteError::Host(name));
        }
        let usual = || format!("{}/([^/]+)/([^/]+)", regex_lite::escape(&name));
        let pattern = setting.pattern.clone().unwrap_or_else(usual);
        let pattern = Regex::new(&format!("^(?:{pattern})"))
            .map_err(|error| SiteError::Pattern { site: name.clone(), message: error.to_string() })?;
        Ok(Self { name, setting, pattern })
    }

    /// How much of a path is the name of a repository of this host: whole components.
    fn matches(&self, path: &str) -> Option<usize> {
        let end = self.pattern.find(path)?.end();
        let rest = &path[end..];
        (end > 0 && (rest.is_empty() || rest.starts_with('/') || path[..end].ends_with('/'))).then_some(end)
    }

    /// Where a repository may be, in the order in which that is tried. `ssh_works`: whether ssh is worth a try.
    ///
    /// # Errors
    /// Where what the user has set gives no address.
    pub fn addresses(&self, repository: &str, ssh_works: impl FnOnce() -> bool) -> Result<Vec<Address>, AddressError> {
        let SiteSetting { substitute, suffix, auth, user, port, prefix, .. } = &self.setting;
        if let Some(substitute) = substitute {
            let written = repository.strip_suffix(".git").unwrap_or(repository);
            let address = self.pattern.replace(written, substitute.as_str());
            return Address::parse(&address).map(|address| vec![address]);
        }
        let path = repository.split_once('/').map_or("", |(_, path)| path);
        let path = path.strip_suffix(".git").unwrap_or(path);
        let path = match prefix.as_deref().map(|prefix| prefix.trim_matches('/')).filter(|prefix| !prefix.is_empty()) {
            Some(prefix) => format!("{prefix}/{path}"),
            None => path.to_owned(),
        };
        let path = format!("{path}{}", suffix.as_deref().unwrap_or(".git"));
        let address = |scheme: &str, user: &str, port: Option<u16>| {
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            Address::parse(&format!("{scheme}://{user}{}{port}/{path}", self.name))
        };
        let ssh = |port| address("ssh", &format!("{}@", user.as_deref().unwrap_or("git")), port);
        match auth {
            SiteAuth::Https => Ok(vec![address("https", "", *port)?]),
            SiteAuth::Http => Ok(vec![address("http", "", *port)?]),
            SiteAuth::Ssh => Ok(vec![ssh(*port)?]),
            SiteAuth::Auto if ssh_works() => Ok(vec![ssh(*port)?, address("https", "", None)?]),
            SiteAuth::Auto => Ok(vec![address("https", "", None)?]),
        }
    }

    /// Whether every repository of the host is reached in one way that the user has set.
    fn is_settled(&self) -> bool {
        self.setting.substitute.is_some() || self.setting.auth != SiteAuth::Auto
    }

    /// The login that the host gets.
    #[must_use]
    pub fn login(&self) -> Option<Login> {
        let password = self.setting.password.clone()?;
        Some(Login { user: self.setting.user.clone().unwrap_or_else(|| "git".to_owned()), password })
    }

    /// What its ssh server is called in `known_hosts`. Format: sshd(8).
    #[must_use]
    pub fn known_as(&self) -> String {
        match self.setting.port {
            Some(port) if port != 22 => format!("[{}]:{port}", self.name),
            _ => self.name.clone(),
        }
    }

    /// The lines of `known_hosts` that the user has set.
    #[must_use]
    pub fn known_hosts(&self) -> Option<String> {
        let keys = self.setting.serverkey.as_deref()?;
        let host = self.known_as();
        let line = |line: &str| {
            let bare = ["ssh-", "ecdsa-", "sk-"].iter().any(|kind| line.starts_with(kind));
            if bare { format!("{host} {line}\n") } else { format!("{line}\n") }
        };
        Some(keys.lines().map(str::trim).filter(|key| !key.is_empty()).map(line).collect())
    }
}

/// The hosts that have a setting.
#[derive(Debug, Clone, Default)]
pub struct Sites(Vec<Site>);

impl Sites {
    /// Checks settings: names of hosts, and what is set for them.
    ///
    /// # Errors
    /// For the first that is of no use.
    pub fn new(settings: impl IntoIterator<Item = (String, SiteSetting)>) -> Result<Self, SiteError> {
        settings.into_iter().map(|(name, setting)| Site::new(name, setting)).collect::<Result<_, _>>().map(Self)
    }

    /// The hosts.
    pub fn iter(&self) -> impl Iterator<Item = &Site> {
        self.0.iter()
    }

    /// The host of a repository by its name: `host/org/repo`.
    #[must_use]
    pub fn of(&self, repository: &str) -> Option<&Site> {
        self.0.iter().find(|site| site.matches(repository).is_some())
    }

    /// The host by its name alone.
    #[must_use]
    pub fn named(&self, host: &str) -> Option<&Site> {
        self.0.iter().find(|site| site.name == host)
    }

    /// How many components of a path name the repository, where a pattern tells.
    #[must_use]
    pub fn split(&self, path: &str) -> Option<usize> {
        let end = self.0.iter().filter(|site| site.setting.pattern.is_some()).find_map(|site| site.matches(path))?;
        Some(path[..end].trim_end_matches('/').split('/').count())
    }

    /// The addresses that a user's setting has in place of this one.
    ///
    /// # Errors
    /// Where the setting gives no address.
    pub fn instead_of(&self, address: &Address) -> Result<Option<(&Site, Vec<Address>)>, AddressError> {
        let name = address.repository();
        let whole = |site: &&Site| site.is_settled() && site.matches(&name) == Some(name.len());
        let Some(site) = self.0.iter().find(whole) else { return Ok(None) };
        Ok(Some((site, site.addresses(&name, || false)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(name: &str, set: impl FnOnce(&mut SiteSetting)) -> Sites {
        let mut setting = SiteSetting::default();
        set(&mut setting);
        Sites::new([(name.to_owned(), setting)]).unwrap()
    }

    fn check(sites: &Sites, repository: &str, expected: &[&str]) {
        let site = sites.of(repository).unwrap();
        let addresses = site.addresses(repository, || true).unwrap();
        assert_eq!(addresses.iter().map(Address::as_str).collect::<Vec<_>>(), expected, "{repository}");
    }

    #[test]
    fn addresses_are_made_as_set() {
        let auth = |auth| site("h.org", |set| set.auth = auth);
        check(&auth(SiteAuth::Auto), "h.org/o/r", &["ssh://git@h.org/o/r.git", "https://h.org/o/r.git"]);
        check(&auth(SiteAuth::Https), "h.org/o/r", &["https://h.org/o/r.git"]);
        check(&auth(SiteAuth::Http), "h.org/o/r.git", &["http://h.org/o/r.git"]);
        let all = site("h.org", |set| {
            set.auth = SiteAuth::Ssh;
            (set.user, set.port) = (Some("me".to_owned()), Some(2222));
            (set.prefix, set.suffix) = (Some("/srv/git/".to_owned()), Some(String::new()));
        });
        check(&all, "h.org/o/r", &["ssh://me@h.org:2222/srv/git/o/r"]);
        assert!(all.of("h.org.evil/o/r").is_none() && all.of("xh.org/o/r").is_none());
    }

    #[test]
    fn patterns_tell_repositories_from_directories() {
        let sites = site("h.org", |set| {
            set.pattern = Some("h\\.org/([^/]+)".to_owned());
            set.substitute = Some("ssh://git@host.test:2222/all/$1.git".to_owned());
        });
        assert_eq!(sites.split("h.org/r/sub/dir"), Some(2));
        assert_eq!(sites.split("other.org/r/sub"), None);
        check(&sites, "h.org/r", &["ssh://git@host.test:2222/all/r.git"]);
        let odd = site("h.org", |set| set.substitute = Some("ext::sh -c $1".to_owned()));
        assert!(odd.of("h.org/o/r").unwrap().addresses("h.org/o/r", || true).is_err());
    }

    #[test]
    fn addresses_of_clones_are_replaced_where_one_way_is_set() {
        let sites = site("h.org", |set| set.auth = SiteAuth::Ssh);
        let instead = |text: &str| {
            let found = sites.instead_of(&Address::parse(text).unwrap()).unwrap();
            found.map(|(_, addresses)| addresses[0].as_str().to_owned())
        };
        assert_eq!(instead("https://h.org/o/r.git").as_deref(), Some("ssh://git@h.org/o/r.git"));
        assert_eq!(instead("https://me@h.org:8443/o/r").as_deref(), Some("ssh://git@h.org/o/r.git"));
        assert_eq!(instead("git@h.org:o/r.git").as_deref(), Some("ssh://git@h.org/o/r.git"));
        assert_eq!(instead("https://other.org/o/r.git"), None);
        assert_eq!(instead("https://h.org/a/b/c.git"), None);
    }

    #[test]
    fn keys_get_the_name_of_their_host() {
        let keys = "ssh-ed25519 AAAA\n\nother.org ssh-rsa BBBB\n";
        let sites = site("h.org", |set| (set.serverkey, set.port) = (Some(keys.to_owned()), Some(2222)));
        let lines = sites.named("h.org").unwrap().known_hosts().unwrap();
        assert_eq!(lines, "[h.org]:2222 ssh-ed25519 AAAA\nother.org ssh-rsa BBBB\n");
    }

    #[test]
    fn what_is_of_no_use_is_said() {
        let fails = |name: &str, setting: SiteSetting| Sites::new([(name.to_owned(), setting)]).unwrap_err();
        assert_eq!(fails("a b", SiteSetting::default()), SiteError::Host("a b".to_owned()));
        let pattern = SiteSetting { pattern: Some("(".to_owned()), ..SiteSetting::default() };
        assert!(matches!(fails("h.org", pattern), SiteError::Pattern { .. }));
        let secret = SiteSetting { password: Some("hunter".to_owned()), ..SiteSetting::default() };
        assert!(!format!("{secret:?}").contains("hunter"));
    }
}
