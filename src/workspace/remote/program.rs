//! The `git` program, run so that it asks nobody and does nothing but what it was told.

use super::address::{Address, AddressLogin};
use super::logins::Login;
use super::setting::Setting;
use super::way::Way;
use crate::living::{self, Ends, Living, Reach};
use crate::lock::Guard;
use crate::url::mask;
use std::ffi::OsStr;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, Stdio};

/// Variables of a surrounding git (a hook's, say) that would send ours to another repository.
pub const SURROUNDING: [&str; 11] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_SHALLOW_FILE",
    "GIT_CONFIG",
];

/// What git may speak if the user says nothing. `file` is for our own clones, and for what a user's `insteadOf` leads to.
const PROTOCOLS: &str = "file:git:http:https:ssh";

/// Options for OpenSSH: a server that has stopped answering is given up after three intervals.
const ASKS_NOBODY: &str = "-o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15";

/// What holds for every command: no hooks of the user, no background work, the bytes of the repository as they are.
const ALWAYS: [&str; 8] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.autocrlf=false",
    "core.logAllRefUpdates=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
    "fetch.recurseSubmodules=false",
];

/// A credential helper over the lines of a variable: host (or `*`), user and password, separated by tabs. Protocol: gitcredentials(7).
const HELPER: &str = r#"!f() { test "$1" = get || exit 0; host=; while IFS= read -r line && test -n "$line"; do case "$line" in host=*) host=${line#host=};; esac; done; printf '%s\n' "$RBUILD_GIT_LOGINS" | while IFS='	' read -r h u p; do if test "$h" = '*' || test "$h" = "$host" || test "$h" = "${host%:*}"; then printf 'username=%s\npassword=%s\n' "$u" "$p"; break; fi; done; }; f"#;

/// The variable with the user of an address that has no password.
const USER: &str = "RBUILD_GIT_USER";

/// How git failed.
#[derive(Debug)]
pub enum GitFailure {
    /// It could not be started.
    Start(io::Error),
    /// The user wanted to stop, or somebody ended it.
    Stopped,
    /// It said this, without passwords.
    Said(String),
}

/// Runs git with the user's settings.
pub struct Git<'a> {
    setting: &'a Setting,
    way: Option<&'a Way>,
    /// The address that is asked, and the login that stands in it.
    login: Option<(&'a Address, AddressLogin)>,
    lock: Option<&'a Guard>,
}

/// Which of the user's own logins a command may give away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust<'a> {
    /// All: it asks an address of the user's.
    Any,
    /// The general login to this host only.
    Host(&'a str),
    /// Only those that the user gave for the very host that is asked.
    Named,
}

impl<'a> Git<'a> {
    /// `way`: what is set for the host that is asked.
    pub fn new(setting: &'a Setting, way: Option<&'a Way>) -> Self {
        Self { setting, way, login: None, lock: None }
    }

    /// The same for what only the holder of a lock may do: it is held as long as git runs, whatever becomes of this process.
    pub fn under(mut self, lock: &'a Guard) -> Self {
        self.lock = Some(lock);
        self
    }

    /// The same with the login that stands in an address, for its host.
    pub fn for_address(mut self, address: &'a Address) -> Self {
        self.login = address.login().map(|login| (address, login));
        self
    }

    /// Runs a command that stays on this machine.
    pub fn local<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<String, GitFailure> {
        self.finish(self.command(args))
    }

    /// Runs a command that asks a server.
    pub fn ask<S: AsRef<OsStr>>(&self, args: &[S], trust: Trust<'_>) -> Result<String, GitFailure> {
        self.finish(self.asking(args, trust))
    }

    /// The same for addresses that a repository names: repositories on this machine are none of its business. Git itself would not go
    /// there for a submodule, but for our `GIT_ALLOW_PROTOCOL`, which is stronger than all configuration.
    pub fn ask_abroad<S: AsRef<OsStr>>(&self, args: &[S], trust: Trust<'_>) -> Result<String, GitFailure> {
        let mut command = self.asking(args, trust);
        let abroad: Vec<&str> = self.protocols().split(':').filter(|protocol| *protocol != "file").collect();
        command.env("GIT_ALLOW_PROTOCOL", abroad.join(":"));
        self.finish(command)
    }

    fn asking<S: AsRef<OsStr>>(&self, args: &[S], trust: Trust<'_>) -> Command {
        let mut lines: Vec<String> = Vec::new();
        let line = |host: &str, login: &Login| format!("{host}\t{}\t{}", login.user, login.password);
        let any = match (&self.login, &self.setting.logins.any, trust) {
            (Some((address, AddressLogin::Whole(login))), _, _) => Some(line(address.host(), login)),
            (_, Some(login), Trust::Any) => Some(line("*", login)),
            (_, Some(login), Trust::Host(host)) => Some(line(host, login)),
            _ => None,
        };
        let first = any.is_some();
        lines.extend(any);
        lines.extend(self.setting.logins.hosts.iter().map(|(host, login)| line(host, login)));
        let mut config: Vec<String> = vec!["http.lowSpeedLimit=1".to_owned(), "http.lowSpeedTime=60".to_owned()];
        if first {
            // What the user says now wins over what helpers remember.
            config.push("credential.helper=".to_owned());
        }
        if !lines.is_empty() {
            config.push(format!("credential.helper={HELPER}"));
        }
        let mut words: Vec<&OsStr> = Vec::new();
        for setting in &config {
            words.extend([OsStr::new("-c"), OsStr::new(setting)]);
        }
        // Helpers that know several users are asked for this one.
        let user = match &self.login {
            Some((address, AddressLogin::User(user))) => Some((address.server(), user)),
            _ => None,
        };
        let named = user.as_ref().map(|(server, _)| format!("--config-env=credential.{server}.username={USER}"));
        words.extend(named.as_ref().map(OsStr::new));
        words.extend(args.iter().map(AsRef::as_ref));
        let mut command = self.command(&words);
        command.env("RBUILD_GIT_LOGINS", lines.join("\n"));
        command.envs(user.map(|(_, user)| (USER, user)));
        command
    }

    fn protocols(&self) -> &str {
        self.setting.allowed_protocols.as_deref().unwrap_or(PROTOCOLS)
    }

    fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new("git");
        for name in SURROUNDING {
            command.env_remove(name);
        }
        // Messages are read; questions are nobody's to answer.
        command
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("SSH_ASKPASS", "")
            .env("GCM_INTERACTIVE", "never");
        command.env("GIT_ALLOW_PROTOCOL", self.protocols());
        if let Some(ssh) = self.ssh() {
            command.env("GIT_SSH_COMMAND", ssh);
        }
        if let Some(agent) = &self.setting.agent {
            command.env("SSH_AUTH_SOCK", agent);
        }
        command.envs(self.setting.env.iter().map(|(name, value)| (name, value)));
        for setting in ALWAYS {
            command.args(["-c", setting]);
        }
        command.args(args);
        command
    }

    /// Whether what is set for the host, keys of its server above all, is lost on somebody's own program for ssh.
    pub fn loses_options(&self) -> bool {
        let is_set = self.way.is_some_and(|way| !way.options().is_empty());
        is_set && self.may_ask()
    }

    /// The command for ssh; `None` leaves it to what git finds in the environment.
    fn ssh(&self) -> Option<String> {
        let of_host = self.way.and_then(Way::command);
        let own = of_host.or(self.setting.ssh_command.as_deref());
        // Somebody's own program may not know OpenSSH's options.
        if let Some(own) = own.filter(|own| !is_openssh(own)) {
            return of_host.map(|_| own.to_owned());
        }
        let mut ssh = format!("{} {ASKS_NOBODY}", own.unwrap_or("ssh"));
        ssh.extend(self.way.map(Way::options));
        Some(ssh)
    }

    /// Whether somebody's own program for ssh may ask at the terminal, which a group in the background cannot.
    fn may_ask(&self) -> bool {
        self.ssh().is_none_or(|ssh| !ssh.contains(ASKS_NOBODY))
    }

    fn finish(&self, mut command: Command) -> Result<String, GitFailure> {
        // Git reads nothing there, and hands it on to nobody who outlives it: helpers get pipes.
        command.stdin(match self.lock {
            Some(lock) => lock.share().map_err(GitFailure::Start)?.into(),
            None => Stdio::null(),
        });
        let reach = if self.may_ask() { Reach::Alone } else { Reach::Group };
        if reach == Reach::Group {
            command.process_group(0);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let (child, living) = Living::start(reach, Ends::AtOnce, || command.spawn(), |child| Some(child.id()))
            .map_err(GitFailure::Start)?;
        let output = child.wait_with_output().map_err(GitFailure::Start)?;
        drop(living);
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        if living::is_stopped() || output.status.signal().is_some() {
            living::give_way_to_the_end();
            return Err(GitFailure::Stopped);
        }
        Err(GitFailure::Said(self.said(&String::from_utf8_lossy(&output.stderr), &output.status.to_string())))
    }

    /// What git said, on one line, without passwords; the lines that matter where some begin with `fatal:` or `error:`.
    fn said(&self, stderr: &str, status: &str) -> String {
        let lines: Vec<&str> = stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let marked = |line: &&str| ["fatal:", "error:", "ERROR:", "remote:"].iter().any(|mark| line.starts_with(mark));
        let advice = "Please make sure you have the correct access rights and the repository exists.";
        let kept: Vec<&str> = match lines.iter().any(&marked) {
            // Ssh does not mark its lines.
            true => lines
                .iter()
                .copied()
                .filter(|line| marked(line) || line.contains("denied") || line.contains("failed"))
                .collect(),
            false => lines.iter().copied().filter(|line| !advice.contains(line)).collect(),
        };
        let kept: Vec<&str> =
            kept.iter().map(|line| line.trim_start_matches("fatal: ").trim_end_matches('.')).collect();
        let mut text = if kept.is_empty() { format!("git ended with {status}") } else { kept.join("; ") };
        let written = self.login.iter().filter_map(|(_, login)| match login {
            AddressLogin::Whole(login) => Some(login.password.as_str()).filter(|password| !password.is_empty()),
            AddressLogin::User(_) => None,
        });
        for password in self.setting.logins.passwords().chain(written) {
            text = text.replace(password, "***");
        }
        mask(&text)
    }
}

/// Whether a command runs the program `ssh`, wherever that is.
fn is_openssh(command: &str) -> bool {
    let program = match command.chars().next() {
        Some(quote @ ('\'' | '"')) => command[1..].split(quote).next(),
        _ => command.split_whitespace().next(),
    };
    program.and_then(|program| program.rsplit('/').next()) == Some("ssh")
}

impl<'a> Trust<'a> {
    /// What a server that `asker` names may be told.
    pub fn of(asker: &super::Asker, address: &'a Address) -> Self {
        match asker {
            super::Asker::User => Self::Any,
            super::Asker::Host(host) if host == address.host() => Self::Host(address.host()),
            super::Asker::Host(_) => Self::Named,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::site::{SiteSetting, Sites};
    use super::*;
    use crate::lock::Trust as Locks;
    use crate::workspace::Logins;
    use std::sync::Arc;

    fn setting(ssh_command: Option<&str>) -> Setting {
        Setting {
            cache_dir: None,
            trust: Locks::Blindly,
            lock_timeout: None,
            home: None,
            agent: None,
            ssh_command: ssh_command.map(str::to_owned),
            allowed_protocols: None,
            logins: Logins::default(),
            sites: Sites::default(),
            env: Vec::new(),
            tell: Arc::new(|_| ()),
        }
    }

    #[test]
    fn a_pinned_key_reaches_ssh_wherever_that_is() {
        let cache = tempfile::tempdir().unwrap();
        let set = SiteSetting { serverkey: Some("ssh-ed25519 AAAA".to_owned()), ..SiteSetting::default() };
        let sites = Sites::new([("h.org".to_owned(), set)]).unwrap();
        let way = Way::of(sites.named("h.org"), Some(cache.path())).unwrap().unwrap();
        for own in [None, Some("ssh"), Some("ssh -i k"), Some("/usr/bin/ssh -i k"), Some("'/usr/bin/ssh' -i k")] {
            let setting = setting(own);
            let ssh = Git::new(&setting, Some(&way)).ssh().unwrap();
            assert!(ssh.starts_with(own.unwrap_or("ssh")), "{ssh}");
            assert!(ssh.contains("-o BatchMode=yes") && ssh.contains("UserKnownHostsFile"), "{ssh}");
        }
        for own in ["plink -batch", "/opt/sshpass ssh", "sshd"] {
            let setting = setting(Some(own));
            let git = Git::new(&setting, Some(&way));
            assert_eq!(git.ssh(), None, "{own} may not know the options");
            assert!(git.loses_options() && !Git::new(&setting, None).loses_options());
        }
    }

    #[test]
    fn a_password_is_in_no_argument() {
        let address = Address::parse("https://me:hunter@h.org:8443/o/r").unwrap();
        let setting = setting(None);
        let git = Git::new(&setting, None).for_address(&address);
        let command = git.asking(&["ls-remote", &address.scrubbed()], Trust::Named);
        assert!(command.get_args().any(|arg| arg == "https://h.org:8443/o/r"));
        assert!(!command.get_args().any(|arg| arg.to_string_lossy().contains("hunter")));
        let logins = command.get_envs().find(|(name, _)| *name == "RBUILD_GIT_LOGINS").and_then(|(_, value)| value);
        assert_eq!(logins, Some(OsStr::new("h.org\tme\thunter")));
        assert_eq!(git.said("fatal: no hunter", ""), "no ***");

        let address = Address::parse("https://tok%2Den@h.org:8443/o/r").unwrap();
        let git = Git::new(&setting, None).for_address(&address);
        let words = ["config", "--get-urlmatch", "credential.username", &address.scrubbed()];
        let command = git.asking(&words, Trust::Named);
        assert!(!command.get_args().any(|arg| arg.to_string_lossy().contains("tok")));
        assert_eq!(git.ask(&words, Trust::Named).unwrap(), "tok-en\n", "whatever helper git asks is told");
    }
}
