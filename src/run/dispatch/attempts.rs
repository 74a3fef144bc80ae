//! Tasks on behalf of vertices or other keys: at most one that counts for each, and those that were cancelled until they have ended.

use crate::digest::VertexId;
use crate::lock::Guard;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::HashMap;
use std::hash::Hash;
use std::pin::Pin;
use tokio::task::AbortHandle;

/// A task, told apart from earlier ones for the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task<K = VertexId> {
    /// What it is for.
    pub key: K,
    /// Its number.
    pub number: u64,
}

type Ending = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tasks by their keys. Dropping it cancels all.
pub struct Attempts<K = VertexId> {
    last: u64,
    current: HashMap<K, (u64, AbortHandle, Ending)>,
    ending: FuturesUnordered<Ending>,
}

impl<K> Default for Attempts<K> {
    fn default() -> Self {
        Self { last: 0, current: HashMap::new(), ending: FuturesUnordered::new() }
    }
}

impl<K: Copy + Eq + Hash> Attempts<K> {
    /// Starts a task for a key that has none.
    pub fn start<F>(&mut self, key: K, work: impl FnOnce(Task<K>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.last += 1;
        let number = self.last;
        let handle = tokio::spawn(work(Task { key, number }));
        let abort = handle.abort_handle();
        let ending = Box::pin(async {
            // Cancelled or not, it has ended.
            let _ended = handle.await;
        });
        self.current.insert(key, (number, abort, ending));
    }

    /// Whether what this task says counts.
    pub fn is_current(&self, task: Task<K>) -> bool {
        self.current.get(&task.key).is_some_and(|(number, ..)| *number == task.number)
    }

    /// Notes that a task has said its last word; says whether it counts.
    pub fn finish(&mut self, task: Task<K>) -> bool {
        let counts = self.is_current(task);
        if counts {
            self.current.remove(&task.key);
        }
        counts
    }

    /// Cancels the task of a key, if it has one. The guards are held until it has ended.
    pub fn cancel(&mut self, key: K, guards: Vec<Guard>) {
        if let Some((_, abort, ending)) = self.current.remove(&key) {
            abort.abort();
            self.ending.push(Box::pin(async move {
                ending.await;
                drop(guards);
            }));
        }
    }

    /// Whether no cancelled task is left.
    pub fn are_over(&self) -> bool {
        self.ending.is_empty()
    }

    /// Returns when a cancelled task has ended; never if there is none.
    pub async fn ended(&mut self) {
        if self.ending.is_empty() {
            std::future::pending::<()>().await;
        }
        self.ending.next().await;
    }
}

impl<K> Drop for Attempts<K> {
    fn drop(&mut self) {
        for (_, abort, _) in self.current.values() {
            abort.abort();
        }
    }
}
