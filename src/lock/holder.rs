//! Who holds a lock, as written into its file for people and for other processes.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The holder of a lock. In the file it is one line of JSON.
///
/// It is for display only. Whether a lock is held is known by trying to take it, never by this text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderInfo {
    /// Process id, in the holder's own pid namespace.
    pub pid: u32,
    /// The machine's (or container's) host name.
    pub host: String,
    /// Identity of the running kernel, where the system tells it. Two processes with the same one see the same clock and locks.
    pub boot_id: Option<String>,
    /// What the lock is held for, as the user knows it: `+test`.
    pub target: String,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// The pid namespace that the process id belongs to, where the system has such: `pid:[4026531836]`. Containers have their own.
    #[serde(default)]
    pub pid_namespace: Option<String>,
}

/// Whether a holder lives, as far as this process can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// A process of that id exists on this machine.
    Alive,
    /// No process of that id exists on this machine.
    Dead,
    /// The holder is on another machine or in another container, or the system does not say.
    Unknown,
}

impl HolderInfo {
    /// This process, from now on, on behalf of `target`.
    #[must_use]
    pub fn here(target: impl Into<String>) -> Self {
        Self {
            pid: std::process::id(),
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            boot_id: boot_id(),
            target: target.into(),
            since_ms: now_ms(),
            pid_namespace: pid_namespace(),
        }
    }

    /// The same holder with its time set to now.
    #[must_use]
    pub(super) fn since_now(&self) -> Self {
        Self { since_ms: now_ms(), ..self.clone() }
    }

    /// How long it has held the lock, by this machine's clock. Zero if the holder's clock is ahead.
    #[must_use]
    pub fn held(&self) -> Duration {
        Duration::from_millis(now_ms().saturating_sub(self.since_ms))
    }

    /// Whether the holder lives. A process id that was given to another process since then counts as alive.
    #[must_use]
    pub fn liveness(&self) -> Liveness {
        if self.boot_id.is_none() || self.boot_id != boot_id() || self.pid_namespace != pid_namespace() {
            return Liveness::Unknown;
        }
        let Some(pid) = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw) else {
            return Liveness::Unknown;
        };
        match rustix::process::test_kill_process(pid) {
            Err(rustix::io::Errno::SRCH) => Liveness::Dead,
            // "not permitted" is said of a process that exists
            _ => Liveness::Alive,
        }
    }
}

impl fmt::Display for HolderInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A process may hold a lock for whatever it will do next.
        if !self.target.is_empty() {
            write!(f, "{}, ", self.target)?;
        }
        write!(f, "pid {}", self.pid)?;
        if self.host != *rustix::system::uname().nodename().to_string_lossy() {
            write!(f, " on host {}", self.host)?;
        }
        Ok(())
    }
}

/// The kernel's boot id (Linux, `random(4)`).
fn boot_id() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}

/// The name of this process's pid namespace (Linux, `namespaces(7)`).
fn pid_namespace() -> Option<String> {
    let name = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(name.to_string_lossy().into_owned())
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn liveness_is_told_only_where_it_is_known() {
        let me = HolderInfo::here("+test");
        assert_eq!(me.liveness(), Liveness::Alive);
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        assert_eq!(HolderInfo { pid: child.id(), ..me.clone() }.liveness(), Liveness::Dead);
        assert_eq!(HolderInfo { boot_id: Some("another".into()), ..me.clone() }.liveness(), Liveness::Unknown);
        let elsewhere = HolderInfo { pid_namespace: Some("pid:[1]".into()), ..me.clone() };
        assert_eq!(elsewhere.liveness(), Liveness::Unknown);
        assert_eq!(HolderInfo { boot_id: None, ..me }.liveness(), Liveness::Unknown);
    }

    #[test]
    fn the_host_is_named_only_when_it_is_another() {
        let me = HolderInfo { pid: 4711, ..HolderInfo::here("+test") };
        assert_eq!(me.to_string(), "+test, pid 4711");
        assert_eq!(HolderInfo { target: String::new(), ..me.clone() }.to_string(), "pid 4711");
        assert_eq!(HolderInfo { host: "ci 3".into(), ..me }.to_string(), "+test, pid 4711 on host ci 3");
    }
}
