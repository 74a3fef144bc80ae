//! Follows a build: states of vertices, and what their processes print.

use super::link::Link;
use crate::digest::VertexId;
use crate::engine::{Observer, Progress};
use crate::event::Stream;
use bollard_buildkit_proto::moby::buildkit::v1::{StatusRequest, StatusResponse};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Translates the engine's reports on one build.
pub struct Report {
    vertices: HashMap<String, VertexId>,
    own: Option<VertexId>,
    observer: Arc<dyn Observer>,
    last: HashMap<VertexId, Progress>,
    running: Running,
}

/// Vertices that the engine works on, and since when this client knows it.
pub type Running = Arc<Mutex<HashMap<VertexId, Instant>>>;

impl Report {
    /// For a build of these vertices (by the engine's digests). When the build is one vertex's own, only that one's progress is told,
    /// and what cannot be attributed is its.
    #[must_use]
    pub fn new(vertices: HashMap<String, VertexId>, own: Option<VertexId>, observer: Arc<dyn Observer>) -> Self {
        Self { vertices, own, observer, last: HashMap::new(), running: Running::default() }
    }

    /// What runs at the moment, kept up to date.
    #[must_use]
    pub fn running(&self) -> Running {
        Arc::clone(&self.running)
    }

    fn note(&self, id: VertexId, runs: bool) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if runs {
            running.entry(id).or_insert_with(Instant::now);
        } else {
            running.remove(&id);
        }
    }

    fn vertex(&self, digest: &str) -> Option<VertexId> {
        // A step that the engine was told to repeat runs under a changed digest.
        self.vertices.get(digest.strip_suffix("-ignorecache").unwrap_or(digest)).copied()
    }

    /// Takes one message.
    pub fn apply(&mut self, message: StatusResponse) {
        for vertex in message.vertexes {
            let Some(id) = self.vertex(&vertex.digest) else { continue };
            // What is cached may still have to come from a registry.
            self.note(id, vertex.started.is_some() && vertex.completed.is_none() && !vertex.cached);
            let progress = match (vertex.cached, &vertex.started, &vertex.completed) {
                (true, _, _) => Progress::Cached,
                (_, _, Some(_)) if vertex.error.is_empty() => Progress::Completed,
                (_, Some(_), None) => Progress::Started,
                _ => continue,
            };
            // The same is told several times, and a cached vertex is also completed.
            let known = self.last.get(&id);
            let news = known != Some(&progress) && (known, progress) != (Some(&Progress::Cached), Progress::Completed);
            if news && self.own.is_none_or(|own| own == id) {
                self.last.insert(id, progress);
                self.observer.progress(id, progress);
            }
        }
        for log in message.logs {
            if let Some(id) = self.vertex(&log.vertex).or(self.own) {
                let stream = if log.stream == 2 { Stream::Stderr } else { Stream::Stdout };
                self.observer.output(id, stream, &log.msg);
            }
        }
    }
}

/// How long reports may take to end behind their build. An engine can fail to end them when the build was over before they were asked
/// for.
const DRAIN: Duration = Duration::from_secs(1);

/// Waits for the rest of the reports of a build that is over.
pub async fn drain(following: impl Future<Output = ()>) {
    if tokio::time::timeout(DRAIN, following).await.is_err() {
        tracing::debug!("the status did not end");
    }
}

/// Follows a build until the engine says that it is over, or that there is no such build.
pub async fn follow(link: &Link, build: &str, report: &mut Report) {
    let request = StatusRequest { r#ref: build.to_owned() };
    let mut messages = match link.status().status(request).await {
        Ok(response) => response.into_inner(),
        Err(error) => {
            tracing::debug!(%error, build, "no status");
            return;
        }
    };
    loop {
        match messages.message().await {
            Ok(Some(message)) => report.apply(message),
            Ok(None) => return,
            Err(error) => {
                tracing::debug!(%error, build, "status broke off");
                return;
            }
        }
    }
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
