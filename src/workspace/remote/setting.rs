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
        let set = site.map(|site| &site.setting);
        if self.ssh_command.is_some() || set.is_some_and(|set| set.ssh_command.is_some()) {
            return true;
        }
        let known = set.is_some_and(|set| set.serverkey.is_some() || set.strict_host_key_checking == Some(false));
        (self.agent.is_some() || self.has_key()) && (known || knows(host))
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

/// Whether ssh knows the key of a host.
fn knows(host: &str) -> bool {
    let mut command = Command::new("ssh-keygen");
    command.args(["-F", host]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
