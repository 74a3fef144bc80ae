//! The `git` program, run so that it asks nobody and does nothing but what it was told.

use super::address::{Address, mask};
use super::logins::Login;
use super::setting::Setting;
use super::way::Way;
use std::ffi::OsStr;
use std::io;
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

/// How git failed.
#[derive(Debug)]
pub enum GitFailure {
    /// It could not be started.
    Start(io::Error),
    /// It said this, without passwords.
    Said(String),
}

/// Runs git with the user's settings.
pub struct Git<'a> {
    setting: &'a Setting,
    way: Option<&'a Way>,
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
        Self { setting, way }
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
        let any = match (&self.setting.logins.any, trust) {
            (Some(login), Trust::Any) => Some(line("*", login)),
            (Some(login), Trust::Host(host)) => Some(line(host, login)),
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
        words.extend(args.iter().map(AsRef::as_ref));
        let mut command = self.command(&words);
        command.env("RBUILD_GIT_LOGINS", lines.join("\n"));
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
        command.args(args).stdin(Stdio::null());
        command
    }

    /// The command for ssh; `None` leaves it to what git finds in the environment.
    fn ssh(&self) -> Option<String> {
        let of_host = self.way.and_then(Way::command);
        let own = of_host.or(self.setting.ssh_command.as_deref());
        // Somebody's own program may not know OpenSSH's options.
        if let Some(own) = own.filter(|own| *own != "ssh" && !own.starts_with("ssh ")) {
            return of_host.map(|_| own.to_owned());
        }
        let mut ssh = format!("{} -o BatchMode=yes -o ConnectTimeout=20", own.unwrap_or("ssh"));
        ssh.extend(self.way.map(Way::options));
        Some(ssh)
    }

    fn finish(&self, mut command: Command) -> Result<String, GitFailure> {
        let output = command.output().map_err(GitFailure::Start)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
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
        for password in self.setting.logins.passwords() {
            text = text.replace(password, "***");
        }
        mask(&text)
    }
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
