//! `WITH DOCKER` steps: what they read becomes images of the engine's store, and so does what they make.
//!
//! The step itself is run by [`inner`], beside BuildKit. Here are its gate and its place in the graph.

use super::driver::BuildKit;
use super::private;
use super::step_inputs::{Purpose, name};
use super::unique;
use crate::digest::VertexId;
use crate::engine::docker::inner::{self, Failed, Key, Ran, Rest, Step};
use crate::engine::{Answer, EngineError, Observer, Progress};
use crate::graph::op::{DockerStep, OnFailure};
use crate::graph::{Graph, Op, Vertex};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// How long exported images may wait at the gate; others take them for left behind some time later.
const FRESH: Duration = Duration::from_secs(30 * 60);

impl BuildKit {
    /// Brings about the result of a step: finds it, or runs the step.
    pub(super) async fn run_with_docker(
        &self,
        graph: &Arc<Graph>,
        vertex: &Vertex,
        step: &DockerStep,
        observer: &Arc<dyn Observer>,
    ) -> Result<(), EngineError> {
        let id = vertex.id;
        if vertex.options.uncached && self.result(&id).is_some() {
            observer.progress(id, Progress::Cached);
            return Ok(());
        }
        let mut prepared = self.prepare(graph, step, Purpose::Run, observer).await?;
        let begun = Instant::now();
        if !vertex.options.uncached && self.find(id, &prepared.key, observer).await? {
            prepared.names.forget().await;
            return Ok(());
        }
        if observer.gate(id).await == Answer::Refuse {
            prepared.names.forget().await;
            return Err(EngineError::Refused);
        }
        if begun.elapsed() > FRESH {
            prepared.names.forget().await;
            prepared = self.prepare(graph, step, Purpose::Run, observer).await?;
        }
        // Another client may have run it meanwhile.
        if !vertex.options.uncached && self.find(id, &prepared.key, observer).await? {
            prepared.names.forget().await;
            return Ok(());
        }
        observer.progress(id, Progress::Started);
        let tag = prepared.key.tag();
        let mut process = self.process(&step.exec, prepared.around)?;
        let kit = self.kit(graph, &step.exec, &process.env).await?;
        if let Some(kit) = &kit {
            process.prepend_path(&kit.path);
        }
        let mut ready = Step {
            state: prepared.state,
            process,
            images: prepared.images,
            compose: step.compose.clone(),
            root: None,
            result: (inner::RESULTS.to_owned(), tag.clone()),
            on_failure: match step.on_failure {
                OnFailure::Fail => Rest::Nothing,
                OnFailure::Keep => Rest::Image(format!("{tag}-failed")),
                OnFailure::Attend => Rest::Shell,
            },
            client: self.offer.settings.client.clone(),
            kit,
        };
        let ran = self.run_on_root(&mut ready, id, observer).await;
        prepared.names.forget().await;
        let ran = ran?;
        private::forget_old(&self.docker).await;
        if let Some(tag) = &ran.tag {
            self.remember(id, tag);
        }
        if ran.code != 0 {
            self.failures.lock().unwrap_or_else(PoisonError::into_inner).insert(id, ran.code);
        }
        observer.progress(id, Progress::Completed);
        Ok(())
    }

    /// Runs a step, on the root that it got; in another place, where the engine cannot use the first.
    async fn run_on_root(
        &self,
        step: &mut Step,
        id: VertexId,
        observer: &Arc<dyn Observer>,
    ) -> Result<Ran, EngineError> {
        let root = observer.data_root(id);
        loop {
            let place = root.as_ref().map(|root| self.places.of(root, &unique::name())).transpose();
            let failed = match place {
                Ok(place) => {
                    step.root = place;
                    match inner::run(&self.docker, step, id, observer).await {
                        Ok(ran) => return Ok(ran),
                        Err(Failed::Engine(error)) => return Err(error),
                        Err(Failed::Unfit(why)) => why,
                    }
                }
                Err(error) => error.to_string(),
            };
            if !self.places.refuse() {
                return Err(EngineError::Unsupported {
                    feature: "`--docker-cache-in directory`".to_owned(),
                    engine: self.docker.describe(),
                    needs: format!("use `volume` or `auto`: {failed}"),
                });
            }
            observer.note(id, format!("the daemon's data is kept in volumes of the engine: {failed}"));
        }
    }

    /// Finds the results of the steps below these goals that are there already. Runs nothing.
    pub(super) async fn find_with_docker(&self, graph: &Arc<Graph>, goals: &[VertexId], observer: &Arc<dyn Observer>) {
        for vertex in graph.closure(goals.iter().copied()) {
            let Op::Docker(step) = &vertex.op else { continue };
            if vertex.options.uncached || self.result(&vertex.id).is_some() {
                continue;
            }
            let finding = async {
                if !self.inputs_are_cached(graph, &vertex, observer).await? {
                    return Ok(false);
                }
                let prepared = self.prepare(graph, step, Purpose::Probe, observer).await?;
                let found = self.find(vertex.id, &prepared.key, observer).await;
                prepared.names.forget().await;
                found
            };
            // Whoever runs it will see why.
            let found: Result<bool, EngineError> = finding.await;
            if let Err(error) = found {
                tracing::debug!(%error, vertex = %vertex.id, "not cached");
            }
        }
    }

    async fn inputs_are_cached(
        &self,
        graph: &Arc<Graph>,
        vertex: &Vertex,
        observer: &Arc<dyn Observer>,
    ) -> Result<bool, EngineError> {
        let inputs = vertex.dependencies();
        Ok(self.ask(graph, &inputs, observer).await?.into_iter().all(|cached| cached))
    }

    /// Whether a result is in the engine's store; remembers it if so.
    async fn find(&self, id: VertexId, key: &Key, observer: &Arc<dyn Observer>) -> Result<bool, EngineError> {
        let tag = key.tag();
        let kept = name(&format!("{}:{tag}", inner::RESULTS))?;
        // So that results in use are not pruned.
        if self.docker.note_use(&kept, private::now()).await? {
            self.remember(id, &tag);
            observer.progress(id, Progress::Cached);
            return Ok(true);
        }
        Ok(false)
    }

    fn remember(&self, id: VertexId, tag: &str) {
        self.results.lock().unwrap_or_else(PoisonError::into_inner).insert(id, format!("{}:{tag}", inner::RESULTS));
    }

    pub(super) fn result(&self, id: &VertexId) -> Option<String> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}
