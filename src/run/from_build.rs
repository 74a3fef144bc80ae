//! Facts of a build: what is asked is run.

use super::build::{Choices, build, prepare};
use super::executor::Executor;
use super::facts::{Attempt, Facts, Sight};
use super::failure::{self, BuildError, CopySource};
use super::host::HostAnswer;
use super::interrupt::Interrupt;
use crate::digest::VertexId;
use crate::engine::EngineError;
use crate::graph::dockerfile::{Dockerfile, DockerfileText, Translation};
use crate::graph::image::ImageConfig;
use crate::graph::{Graph, ImageSource, Op, Output, Plan};
use crate::image_name::ImageName;
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Mutex, OnceCell};

type Cell = Arc<OnceCell<Arc<ImageConfig>>>;

/// How much a build does for evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    Build,
    /// Only what decides how the plan goes on: nothing is written, and what `TRY` holds does not run.
    Decide,
}

/// Facts from an engine; configurations are asked once each.
pub struct FromBuild {
    executor: Arc<Executor>,
    choices: Choices,
    interrupt: Interrupt,
    extent: Extent,
    configs: Mutex<HashMap<(String, String), Cell>>,
}

impl FromBuild {
    /// Runs what is asked with this executor.
    #[must_use]
    pub fn new(executor: Arc<Executor>, choices: Choices, interrupt: Interrupt, extent: Extent) -> Self {
        Self { executor, choices, interrupt, extent, configs: Mutex::default() }
    }

    /// Runs a step whose failure is known by its exit code alone.
    async fn attempted(
        &self,
        vertex: VertexId,
        code: impl Future<Output = Result<i32, BuildError>> + Send,
    ) -> Result<Option<Attempt>, BuildError> {
        if self.extent == Extent::Decide {
            return Ok(None);
        }
        let steps = self.executor.steps();
        // Whether it is done or has failed is known with the code.
        steps.hold(vertex);
        let code = match code.await {
            Ok(code) => code,
            Err(error) => {
                steps.settle(vertex, None);
                return Err(error);
            }
        };
        if code == 0 {
            steps.settle(vertex, None);
            return Ok(Some(Attempt::Passed));
        }
        let step = steps.get(vertex).expect("the executor knows what it ran");
        let lines = steps.last_output(vertex);
        let failure = Arc::new(failure::of_step(&step, CopySource::State, &EngineError::Exit(code), lines, None));
        steps.settle(vertex, Some(failure.clone()));
        Ok(Some(Attempt::Failed(failure)))
    }

    /// Whether an answer may be had. Where only decisions are wanted, no command of this machine runs for it that is no question itself.
    fn may_run(&self, graph: &Graph, goal: VertexId) -> bool {
        self.extent == Extent::Build
            || !graph.closure([goal]).iter().any(|vertex| match &vertex.op {
                Op::Host(host) => !host.action.is_question(),
                _ => false,
            })
    }

    async fn run_and_read(&self, graph: &Arc<Graph>, output: Output, path: &str) -> Result<Vec<u8>, BuildError> {
        self.executor.execute(graph, &[output.vertex]).await?;
        self.executor.read_file(graph, output, path).await
    }
}

#[async_trait]
impl Facts for FromBuild {
    async fn image_config(&self, image: &ImageSource) -> Result<Option<Arc<ImageConfig>>, EngineError> {
        if self.executor.engine().is_absent() {
            return Ok(None);
        }
        let key = (image.reference.clone(), image.platform.to_string());
        let cell = self.configs.lock().await.entry(key).or_default().clone();
        let engine = self.executor.engine();
        let config = cell.get_or_try_init(|| async { engine.image_config(image).await.map(Arc::new) }).await?;
        Ok(Some(config.clone()))
    }

    async fn translate(&self, file: &Dockerfile) -> Result<Option<Translation>, EngineError> {
        match &file.text {
            _ if self.executor.engine().is_absent() => Ok(None),
            DockerfileText::Known(text) => self.executor.engine().translate(file, text).await.map(Some),
            // Where steps may run it has been read.
            DockerfileText::Artifact { .. } => Ok(None),
        }
    }

    async fn read(&self, graph: &Arc<Graph>, output: Output, path: &str) -> Result<Option<Vec<u8>>, BuildError> {
        if !self.may_run(graph, output.vertex) {
            return Ok(None);
        }
        self.run_and_read(graph, output, path).await.map(Some)
    }

    async fn recall(&self, graph: &Arc<Graph>, output: Output, path: &str) -> Option<Vec<u8>> {
        if self.extent == Extent::Decide {
            return None;
        }
        self.executor.engine().read_file(graph, output, path).await.ok()
    }

    async fn attempt(&self, graph: &Arc<Graph>, output: Output, path: &str) -> Result<Option<Attempt>, BuildError> {
        let code = async {
            let bytes = self.run_and_read(graph, output, path).await?;
            Ok(String::from_utf8_lossy(&bytes).trim().parse::<i32>().unwrap_or(1))
        };
        self.attempted(output.vertex, code).await
    }

    async fn attempt_with_docker(&self, graph: &Arc<Graph>, step: VertexId) -> Result<Option<Attempt>, BuildError> {
        let code = async {
            self.executor.execute(graph, &[step]).await?;
            Ok(self.executor.engine().exit_code(step).unwrap_or(0))
        };
        self.attempted(step, code).await
    }

    async fn ask_host(&self, graph: &Arc<Graph>, step: VertexId) -> Result<Option<HostAnswer>, BuildError> {
        if !self.may_run(graph, step) {
            return Ok(None);
        }
        self.executor.execute(graph, &[step]).await?;
        Ok(Some(self.executor.host_answer(step).expect("a step that is asked leaves its answer")))
    }

    async fn prepare(&self, part: &Plan) -> Result<bool, BuildError> {
        if self.extent == Extent::Decide {
            return Ok(false);
        }
        prepare(&self.executor, part, self.choices).await?;
        Ok(true)
    }

    async fn complete(&self, part: Plan) -> Result<(), BuildError> {
        build(&self.executor, part, self.choices, &self.interrupt).await
    }

    fn offer_cache(&self, image: &ImageName, pushed: bool) {
        self.executor.caches().offer(image, pushed);
    }

    fn saw(&self, sight: Sight<'_>) {
        if let Some(witness) = self.executor.witness() {
            witness.see(sight);
        }
    }

    fn keeps_going(&self) -> bool {
        self.executor.keeps_going()
    }
}
