//! Names that images of the engine's store have for the time of one step.
//!
//! Their tags are `TIME-PLACE-PID-UNIQUE`: the time in seconds since 1970, then the process that they belong to. So those of a client that
//! was killed on this machine are known, and others when they are old.

use super::unique;
use crate::digest::Digest;
use crate::engine::docker::inner::INPUTS;
use crate::engine::docker::{Docker, inner};
use crate::lock::{HolderInfo, Liveness};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Age in seconds from which a private name's client must be gone.
const OLD: u64 = 2 * 60 * 60;

/// How long it takes until it is tried again.
const LOOK: Duration = Duration::from_millis(100);

/// Names whose steps were cancelled.
#[derive(Debug, Clone, Default)]
pub struct Dropped(Arc<Mutex<Vec<String>>>);

impl Dropped {
    /// Takes them from their images; as long as there is a container of one, which may be ending, it is tried again.
    pub async fn forget(&self, docker: &Docker) {
        let names = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for name in names {
            while docker.forget(&name).await {
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// Private names. Who drops them leaves them to [`Dropped`]: a task of the runtime, which may be ending, would be too late.
pub struct PrivateNames {
    docker: Docker,
    names: Vec<String>,
    dropped: Dropped,
}

impl PrivateNames {
    /// None yet.
    pub fn new(docker: &Docker, dropped: &Dropped) -> Self {
        Self { docker: docker.clone(), names: Vec::new(), dropped: dropped.clone() }
    }

    /// A new one.
    pub fn add(&mut self) -> String {
        let me = HolderInfo::here("");
        let name = format!("docker.io/{INPUTS}:{}-{}-{}-{}", now(), place(&me), me.pid, unique::name());
        self.names.push(name.clone());
        name
    }

    /// Takes them from their images.
    pub async fn forget(mut self) {
        let names = std::mem::take(&mut self.names);
        forget(&self.docker, names).await;
    }
}

impl Drop for PrivateNames {
    fn drop(&mut self) {
        self.dropped.0.lock().unwrap_or_else(PoisonError::into_inner).append(&mut self.names);
    }
}

async fn forget(docker: &Docker, names: Vec<String>) {
    for name in names {
        docker.forget(&name).await;
    }
}

/// Removes what clients left behind that were killed.
pub async fn forget_old(docker: &Docker) {
    let (me, old) = (HolderInfo::here(""), now().saturating_sub(OLD));
    let both = tokio::join!(docker.forget_some(INPUTS, |tag| is_left(tag, old, &me)), inner::remove_stale(docker));
    if let (Err(error), _) | (_, Err(error)) = both {
        tracing::debug!(%error, "what killed clients left stays");
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// Where a process id means something: one boot of one kernel, and a pid namespace.
fn place(holder: &HolderInfo) -> String {
    let parts = [&holder.boot_id, &holder.pid_namespace].map(|part| part.as_deref().unwrap_or_default());
    Digest::of(parts.join("\0")).hex()[..12].to_owned()
}

/// Whether a tag belongs to nobody any more: it was made before `old`, or by a process of this place that is dead.
fn is_left(tag: &str, old: u64, me: &HolderInfo) -> bool {
    let mut parts = tag.split('-');
    let Some(made) = parts.next().and_then(|made| made.parse::<u64>().ok()) else { return false };
    let (at, pid) = (parts.next(), parts.next().and_then(|pid| pid.parse().ok()));
    let is_dead = match (at, pid) {
        (Some(at), Some(pid)) => at == place(me) && HolderInfo { pid, ..me.clone() }.liveness() == Liveness::Dead,
        _ => false,
    };
    is_dead || (tag.contains('-') && made < old)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_nobody_are_left() {
        let me = HolderInfo::here("");
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let (here, mine, dead) = (place(&me), me.pid, child.id());
        for (tag, expected) in [
            (format!("100-{here}-{mine}-ab"), true),
            (format!("200-{here}-{mine}-ab"), false),
            (format!("200-{here}-{dead}-ab"), true),
            (format!("200-elsewhere-{dead}-ab"), false),
            (format!("100-elsewhere-{dead}-ab"), true),
            ("100-ab".to_owned(), true),
            ("200-ab".to_owned(), false),
            ("100".to_owned(), false),
            ("latest".to_owned(), false),
            ("1.0-x".to_owned(), false),
        ] {
            assert_eq!(is_left(&tag, 200, &me), expected, "{tag}");
        }
    }
}
