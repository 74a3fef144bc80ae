//! What a step claims for itself while it runs: locks of caches, and a data root.

use super::dispatcher::Dispatch;
use super::message::Message;
use crate::digest::VertexId;
use crate::engine::{DataRoot, Engine};
use crate::event::StepState;
use crate::graph::dockerfile::LlbOp;
use crate::graph::host::HostAction;
use crate::graph::op::{CacheSharing, MountKind};
use crate::graph::{Op, Vertex};
use crate::lock::{Guard, HolderInfo, LockDir, LockError, LockKey, LockMode, Wait, WaitOptions};
use crate::run::schedule::Event as Happened;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The data roots of steps that hold one.
#[derive(Debug, Clone, Default)]
pub struct Roots(Arc<Mutex<HashMap<VertexId, DataRoot>>>);

impl Roots {
    /// The data root of a step.
    pub fn get(&self, id: VertexId) -> Option<DataRoot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn set(&self, id: VertexId, root: Option<DataRoot>) {
        let mut roots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match root {
            Some(root) => roots.insert(id, root),
            None => roots.remove(&id),
        };
    }
}

/// What a step holds.
pub struct Held {
    pub guards: Vec<Guard>,
    pub root: Option<DataRoot>,
}

/// Whether a step claims anything.
pub fn claims_anything(vertex: &Vertex) -> bool {
    vertex.options.data_roots.is_some() || !locks_of(&vertex.op).is_empty()
}

/// The locks of a step: one for each cache that only one step may use, and one for the services that it starts on this machine; sorted.
pub fn locks_of(op: &Op) -> Vec<(LockKey, LockMode)> {
    let mounts = op.exec().map(|exec| &exec.mounts).into_iter().flatten();
    let mounted = mounts.filter_map(|mount| match &mount.kind {
        MountKind::Cache { id, sharing: CacheSharing::Locked, .. } => Some(id),
        _ => None,
    });
    let process = if let Op::Llb(LlbOp { process, .. }) = op { process.as_ref() } else { None };
    let caches = process.into_iter().flat_map(|process| &process.caches);
    let translated = caches.filter(|(_, sharing)| *sharing == CacheSharing::Locked).map(|(id, _)| id);
    let mut keys: Vec<_> =
        mounted.chain(translated).map(|id| (LockKey::new("cache", id.clone()), LockMode::Exclusive)).collect();
    keys.extend(compose_project(op).map(|project| (LockKey::new("compose", project), LockMode::Exclusive)));
    keys.sort();
    keys.dedup();
    keys
}

fn compose_project(op: &Op) -> Option<String> {
    let Op::Host(host) = op else { return None };
    let HostAction::Docker(docker) = &host.action else { return None };
    docker.compose.as_ref().map(|services| services.project.clone())
}

/// A wait as it is told.
fn waiting(wait: &Wait) -> StepState {
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

/// A pool of data roots.
struct Pool {
    name: Arc<str>,
    size: usize,
    locks: Arc<LockDir>,
    engine: Arc<dyn Engine>,
}

impl Pool {
    fn queue(&self) -> LockKey {
        LockKey::new("docker-cache", &*self.name)
    }

    fn key(&self, number: usize) -> LockKey {
        LockKey::new("docker-root", format!("{}/{number}", self.name))
    }

    fn root(&self, number: usize) -> DataRoot {
        DataRoot { pool: self.name.to_string(), number }
    }

    /// The locks of all roots. What was used last comes first, since it has most of what is needed.
    fn candidates(&self) -> Vec<LockKey> {
        let mut keys: Vec<LockKey> = (0..self.size).map(|number| self.key(number)).collect();
        self.locks.sort_by_last_use(&mut keys);
        keys
    }

    fn number(&self, key: &LockKey) -> Option<usize> {
        (0..self.size).find(|number| self.key(*number) == *key)
    }

    /// Whether no other client of the engine uses a root. Where that cannot be asked, running the step will tell.
    async fn is_free(&self, key: LockKey) -> bool {
        let Some(number) = self.number(&key) else { return false };
        let asked = self.engine.data_root_in_use(&self.root(number)).await;
        asked.map_or_else(
            |error| {
                tracing::debug!(%error, "nobody knows whether a data root is in use");
                true
            },
            |in_use| !in_use,
        )
    }

    fn held(&self, mut guards: Vec<Guard>, root: Guard) -> Held {
        let number = self.number(root.key());
        guards.push(root);
        Held { guards, root: number.map(|number| self.root(number)) }
    }

    async fn try_take(&self, guards: Vec<Guard>, holder: &HolderInfo) -> Result<Option<Held>, LockError> {
        let taken = self.locks.try_any(&self.queue(), &self.candidates(), holder, |key| self.is_free(key)).await?;
        Ok(taken.map(|root| self.held(guards, root)))
    }

    async fn take(
        &self,
        guards: Vec<Guard>,
        holder: &HolderInfo,
        options: WaitOptions,
        on_wait: impl FnMut(Wait) + Send,
    ) -> Result<Held, LockError> {
        let (queue, candidates) = (self.queue(), self.candidates());
        let root = self.locks.lock_any(&queue, &candidates, holder, options, |key| self.is_free(key), on_wait).await?;
        Ok(self.held(guards, root))
    }
}

impl Dispatch {
    pub(super) fn holder(&self, id: VertexId) -> HolderInfo {
        HolderInfo::here(self.setting.steps.get(id).map_or_else(String::new, |step| step.target.to_string()))
    }

    fn pool(&self, vertex: &Vertex) -> Option<Pool> {
        let name = vertex.options.data_roots.clone()?;
        let size = self.setting.limits.docker_cache_roots.max(1);
        Some(Pool { name, size, locks: self.setting.locks.clone(), engine: self.setting.engine.clone() })
    }

    /// Takes the locks of a step, and a data root if it needs one, unless that would mean to wait.
    pub(super) fn try_locks(&mut self, id: VertexId) {
        let Some(vertex) = self.vertices.get(&id) else { return };
        let holder = self.holder(id);
        let mut guards = Vec::new();
        for (key, mode) in &locks_of(&vertex.op) {
            match self.setting.locks.try_lock(key, *mode, &holder) {
                Ok(Some(guard)) => guards.push(guard),
                Ok(None) => return self.happened(Happened::LockBusy(id)),
                Err(error) => return self.broken(id, error.into()),
            }
        }
        let Some(pool) = self.pool(vertex) else {
            return self.locked(id, Held { guards, root: None });
        };
        // The engine has to be asked, which takes time.
        let messages = self.messages();
        self.waits.start(id, |wait| async move {
            let result = pool.try_take(guards, &holder).await;
            let _gone = messages.send(Message::Locks { wait, result });
        });
    }

    pub(super) fn wait_for_locks(&mut self, id: VertexId) {
        let Some(vertex) = self.vertices.get(&id) else { return };
        let (wanted, holder, pool) = (locks_of(&vertex.op), self.holder(id), self.pool(vertex));
        let (locks, steps) = (self.setting.locks.clone(), self.setting.steps.clone());
        let options = WaitOptions { timeout: self.setting.limits.lock_timeout, ..WaitOptions::default() };
        // Of several it shows later which one is busy.
        if let ([(key, _)], None) = (&wanted[..], &pool) {
            steps.wants_lock(id, &format!("{} {}", key.kind(), key.name()));
        }
        let messages = self.messages();
        self.waits.start(id, |wait| async move {
            let on_wait = |wait: Wait| steps.tell(id, waiting(&wait));
            let taking = async {
                let guards = locks.lock(&wanted, &holder, options, on_wait).await?;
                match pool {
                    Some(pool) => pool.take(guards, &holder, options, on_wait).await.map(Some),
                    None => Ok(Some(Held { guards, root: None })),
                }
            };
            let result = taking.await;
            let _gone = messages.send(Message::Locks { wait, result });
        });
    }

    pub(super) fn got_locks(&mut self, id: VertexId, result: Result<Option<Held>, LockError>) {
        match result {
            Ok(Some(held)) => self.locked(id, held),
            Ok(None) => self.happened(Happened::LockBusy(id)),
            Err(error) => self.broken(id, error.into()),
        }
    }

    fn locked(&mut self, id: VertexId, held: Held) {
        self.roots.set(id, held.root);
        self.guards.insert(id, held.guards);
        self.happened(Happened::Locked(id));
    }

    /// Takes away what a step holds, and stops waiting for what it does not hold yet.
    pub(super) fn take_claims(&mut self, id: VertexId) -> Vec<Guard> {
        self.waits.cancel(id, Vec::new());
        self.roots.set(id, None);
        self.guards.remove(&id).unwrap_or_default()
    }
}
