//! No engine at all, for builds that run on this machine alone.

use super::api::{Engine, Observer, StoreAs};
use super::error::EngineError;
use crate::digest::VertexId;
use crate::graph::dockerfile::{Dockerfile, Translation};
use crate::graph::image::{ImageConfig, ImageState};
use crate::graph::{Graph, ImageSource, Op, Output};
use crate::platform::Platform;
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;

/// What stands for an engine where none is needed. Whatever is asked of it is a defect.
#[derive(Debug, Clone, Copy, Default)]
pub struct Absent;

fn fault<T>() -> Result<T, EngineError> {
    Err(EngineError::Defect("this was taken for a build that needs no engine, and it does".to_owned()))
}

#[async_trait]
impl Engine for Absent {
    fn describe(&self) -> String {
        "no engine: all of it runs on this machine".to_owned()
    }

    fn is_absent(&self) -> bool {
        true
    }

    fn processors(&self) -> usize {
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    }

    fn platform(&self) -> Platform {
        Platform::host()
    }

    async fn image_config(&self, _image: &ImageSource) -> Result<ImageConfig, EngineError> {
        fault()
    }

    async fn translate(&self, _file: &Dockerfile, _text: &str) -> Result<Translation, EngineError> {
        fault()
    }

    async fn probe(
        &self,
        _graph: &Arc<Graph>,
        goals: &[VertexId],
        _observer: Arc<dyn Observer>,
    ) -> Result<Vec<bool>, EngineError> {
        Ok(vec![false; goals.len()])
    }

    async fn run(&self, graph: &Arc<Graph>, vertex: VertexId, _: Arc<dyn Observer>) -> Result<(), EngineError> {
        match graph.get(&vertex).map(|vertex| &vertex.op) {
            // Artifacts that commands of this machine leave; nobody is there to read them.
            Some(Op::Local(_)) => Ok(()),
            _ => fault(),
        }
    }

    async fn read_file(&self, _graph: &Arc<Graph>, _output: Output, _path: &str) -> Result<Vec<u8>, EngineError> {
        fault()
    }

    async fn store_image(
        &self,
        _graph: &Arc<Graph>,
        _state: &ImageState,
        _store: StoreAs<'_>,
        _observer: Arc<dyn Observer>,
    ) -> Result<String, EngineError> {
        fault()
    }

    async fn push_image(&self, _name: &str) -> Result<Option<String>, EngineError> {
        fault()
    }

    async fn push_index(&self, _name: &str, _images: &[(String, Platform)]) -> Result<(), EngineError> {
        fault()
    }

    async fn export_files(
        &self,
        _graph: &Arc<Graph>,
        _tree: Output,
        _into: &Path,
        _observer: Arc<dyn Observer>,
    ) -> Result<(), EngineError> {
        fault()
    }
}
