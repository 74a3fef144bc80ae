//! The locks that a step needs while it runs.

use crate::event::StepState;
use crate::graph::Vertex;
use crate::graph::op::{CacheSharing, MountKind};
use crate::lock::{HolderInfo, LockKey, LockMode, Wait};

/// One for each cache that only one step may use, sorted.
pub fn locks_of(vertex: &Vertex) -> Vec<(LockKey, LockMode)> {
    let Some(exec) = vertex.op.exec() else { return Vec::new() };
    let caches = exec.mounts.iter().filter_map(|mount| match &mount.kind {
        MountKind::Cache { id, sharing: CacheSharing::Locked, .. } => Some(id),
        _ => None,
    });
    let mut keys: Vec<_> = caches.map(|id| (LockKey::new("cache", id.clone()), LockMode::Exclusive)).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// A wait as it is told.
pub fn waiting(wait: &Wait) -> StepState {
    // Of several the first one has held it longest.
    let holder = wait.holders.first().map(|holder| match wait.holders.len() - 1 {
        0 => holder.to_string(),
        others => format!("{holder} (and {others} more)"),
    });
    StepState::WaitingForLock {
        lock: format!("{} {}", wait.key.kind(), wait.key.name()),
        holder,
        held: wait.holders.first().map(HolderInfo::held),
        waited: wait.waited,
    }
}
