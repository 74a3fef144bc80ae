//! Tasks on behalf of vertices: at most one that counts for each vertex, and those that were cancelled until they have ended.

use crate::digest::VertexId;
use crate::lock::Guard;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::HashMap;
use std::pin::Pin;
use tokio::task::AbortHandle;

/// A task, told apart from earlier ones for the same vertex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// The vertex.
    pub vertex: VertexId,
    /// Its number.
    pub number: u64,
}

type Ending = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tasks by their vertices. Dropping it cancels all.
#[derive(Default)]
pub struct Attempts {
    last: u64,
    current: HashMap<VertexId, (u64, AbortHandle, Ending)>,
    ending: FuturesUnordered<Ending>,
}

impl Attempts {
    /// Starts a task for a vertex that has none.
    pub fn start<F>(&mut self, vertex: VertexId, work: impl FnOnce(Task) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.last += 1;
        let number = self.last;
        let handle = tokio::spawn(work(Task { vertex, number }));
        let abort = handle.abort_handle();
        let ending = Box::pin(async {
            // Cancelled or not, it has ended.
            let _ended = handle.await;
        });
        self.current.insert(vertex, (number, abort, ending));
    }

    /// Whether what this task says counts.
    pub fn is_current(&self, task: Task) -> bool {
        self.current.get(&task.vertex).is_some_and(|(number, ..)| *number == task.number)
    }

    /// Notes that a task has said its last word; says whether it counts.
    pub fn finish(&mut self, task: Task) -> bool {
        let counts = self.is_current(task);
        if counts {
            self.current.remove(&task.vertex);
        }
        counts
    }

    /// Cancels the task of a vertex, if it has one. The guards are held until it has ended.
    pub fn cancel(&mut self, vertex: VertexId, guards: Vec<Guard>) {
        if let Some((_, abort, ending)) = self.current.remove(&vertex) {
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

impl Drop for Attempts {
    fn drop(&mut self) {
        for (_, abort, _) in self.current.values() {
            abort.abort();
        }
    }
}
