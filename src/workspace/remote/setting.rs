//! What clones are made with.

use super::logins::Logins;
use super::site::{Site, Sites};
use crate::lock::Trust;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// What clones are made with.
#[derive(Clone)]
pub struct Setting {
    /// The cache directory; `None` where there is no place for one.
    pub cache_dir: Option<PathBuf>,
    /// Whether its locks are trusted.
    pub trust: Trust,
    /// For how long a lock may be waited for; `None` is for ever.
    pub lock_timeout: Option<Duration>,
    /// The user's home directory, where keys for ssh lie.
    pub home: Option<PathBuf>,
    /// The socket of the ssh agent.
    pub agent: Option<PathBuf>,
    /// The user's own command for ssh (`GIT_SSH_COMMAND`, `GIT_SSH`).
    pub ssh_command: Option<String>,
    /// The user's own `GIT_ALLOW_PROTOCOL`.
    pub allowed_protocols: Option<String>,
    /// Logins that options and files give.
    pub logins: Logins,
    /// What is set for hosts.
    pub sites: Sites,
    /// Variables on top of the environment.
    pub env: Vec<(String, String)>,
    /// Is told what takes time, for people.
    pub tell: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Setting {
    /// Whether ssh is worth a try: there is an agent or a key, and the host is known. Whoever set a command for ssh means it.
    pub(super) fn ssh_works(&self, host: &str, site: Option<&Site>) -> bool {
        self.ssh_works_where(host, site, knows)
    }

    /// The same with what tells whether ssh knows the key of a server, by its name in `known_hosts`.
    fn ssh_works_where(&self, host: &str, site: Option<&Site>, knows: impl FnOnce(&str) -> bool) -> bool {
        let set = site.map(|site| &site.setting);
        if self.ssh_command.is_some() || set.is_some_and(|set| set.ssh_command.is_some()) {
            return true;
        }
        let known = set.is_some_and(|set| set.serverkey.is_some() || set.strict_host_key_checking == Some(false));
        (self.agent.is_some() || self.has_key()) && (known || knows(&site.map_or(host.to_owned(), Site::known_as)))
    }

    fn has_key(&self) -> bool {
        let keys = self.home.as_ref().and_then(|home| std::fs::read_dir(home.join(".ssh")).ok());
        keys.into_iter().flatten().flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("id_") && !name.ends_with(".pub")
        })
    }
}

/// Whether ssh knows the key of a server.
fn knows(host: &str) -> bool {
    let mut command = Command::new("ssh-keygen");
    command.args(["-F", host]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::super::site::SiteSetting;
    use super::*;

    #[test]
    fn a_server_is_looked_up_by_the_name_that_ssh_knows_it_by() {
        let setting = Setting {
            cache_dir: None,
            trust: Trust::Blindly,
            lock_timeout: None,
            home: None,
            agent: Some("/agent".into()),
            ssh_command: None,
            allowed_protocols: None,
            logins: Logins::default(),
            sites: Sites::default(),
            env: Vec::new(),
            tell: Arc::new(|_| ()),
        };
        for (port, expected) in [(None, "h.org"), (Some(22), "h.org"), (Some(2222), "[h.org]:2222")] {
            let set = SiteSetting { port, ..SiteSetting::default() };
            let sites = Sites::new([("h.org".to_owned(), set)]).unwrap();
            for known in [true, false] {
                let works = setting.ssh_works_where("short.org", sites.named("h.org"), |name| {
                    assert_eq!(name, expected);
                    known
                });
                assert_eq!(works, known);
            }
        }
        assert!(setting.ssh_works_where("other.org", None, |name| name == "other.org"));
    }
}
