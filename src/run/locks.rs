//! The locks that a step needs while it runs.

use crate::event::StepState;
use crate::graph::dockerfile::LlbOp;
use crate::graph::op::{CacheSharing, MountKind};
use crate::graph::{Op, Vertex};
use crate::lock::{LockKey, LockMode, Wait};

/// One for each cache that only one step may use, sorted.
pub fn locks_of(vertex: &Vertex) -> Vec<(LockKey, LockMode)> {
    let mounts = vertex.op.exec().map(|exec| &exec.mounts).into_iter().flatten();
    let mounted = mounts.filter_map(|mount| match &mount.kind {
        MountKind::Cache { id, sharing: CacheSharing::Locked, .. } => Some(id),
        _ => None,
    });
    let process = if let Op::Llb(LlbOp { process, .. }) = &vertex.op { process.as_ref() } else { None };
    let caches = process.into_iter().flat_map(|process| &process.caches);
    let translated = caches.filter(|(_, sharing)| *sharing == CacheSharing::Locked).map(|(id, _)| id);
    let mut keys: Vec<_> =
        mounted.chain(translated).map(|id| (LockKey::new("cache", id.clone()), LockMode::Exclusive)).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// A wait as it is told.
pub fn waiting(wait: &Wait) -> StepState {
    let holder = wait.holders.first().map(|holder| format!("{}, pid {}", holder.target, holder.pid));
    StepState::WaitingForLock { lock: format!("{} {}", wait.key.kind(), wait.key.name()), holder, waited: wait.waited }
}
