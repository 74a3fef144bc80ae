//! An engine that follows a script: vertices take made-up time and have made-up results. It checks what every engine relies on.

use super::api::{Answer, DataRoot, Engine, Observer, Progress, StoreAs};
use super::error::EngineError;
use crate::digest::VertexId;
use crate::event::Stream;
use crate::graph::dockerfile::{Dockerfile, Translation};
use crate::graph::image::ImageConfig;
use crate::graph::image::ImageState;
use crate::graph::{Graph, ImageSource, Op, Output, Vertex};
use crate::platform::Platform;
use async_trait::async_trait;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the engine has seen and holds.
#[derive(Debug, Default)]
pub struct Record {
    /// Vertices whose results are there.
    pub results: HashSet<VertexId>,
    /// How often each process was started.
    pub runs: HashMap<VertexId, usize>,
    /// Processes in the order in which they were started.
    pub order: Vec<VertexId>,
    /// How many processes ran at most beside each one when it ran last, itself included.
    pub company: HashMap<VertexId, usize>,
    /// Which processes run now.
    pub now: HashSet<VertexId>,
    /// Processes that run now.
    pub running: usize,
    /// The most that ever ran at the same time.
    pub most: usize,
    /// Calls of `run`.
    pub builds: usize,
    /// Processes that were stopped before their end.
    pub cancelled: Vec<VertexId>,
    /// What processes use now that must not be shared: data roots and names of caches.
    pub in_use: HashSet<String>,
    /// What two processes used at the same time, although it must not be shared.
    pub clashes: Vec<String>,
    /// The data roots that steps got, in the order in which they began.
    pub roots: Vec<Option<DataRoot>>,
    /// Files that are read now.
    pub reading: usize,
    /// Whether two of them were read at the same time.
    pub disturbed: bool,
}

/// A scripted engine.
#[derive(Debug, Default)]
pub struct Script {
    /// How long each process takes; a millisecond where nothing is said.
    pub durations: HashMap<VertexId, Duration>,
    /// Processes that end with this code.
    pub failures: HashMap<VertexId, i32>,
    /// Steps whose first try the engine itself spoils: it asks at their gates again.
    pub spoiled: HashSet<VertexId>,
    /// Steps that are killed the first time, as if memory were short.
    pub killed: HashSet<VertexId>,
    /// How much memory steps say that they needed.
    pub peaks: HashMap<VertexId, u64>,
    /// What steps use that must not be shared.
    pub alone: HashMap<VertexId, Vec<String>>,
    /// Data roots that clients use who share no locks.
    pub foreign_roots: Mutex<HashSet<DataRoot>>,
    /// Whether files that are read at the same time are not found, as if their steps had to run for that.
    pub shy: bool,
    /// How long the engine has to do with a step after its process has ended, and was said to have.
    pub aftermath: Duration,
    /// What happened.
    pub record: Mutex<Record>,
}

impl Script {
    fn has(&self, id: VertexId) -> bool {
        self.record.lock().unwrap().results.contains(&id)
    }

    /// The vertices without results that a vertex needs, inputs first, itself last.
    fn missing(&self, graph: &Graph, goal: VertexId) -> Vec<Arc<Vertex>> {
        let (mut open, mut seen, mut missing) = (vec![(goal, false)], HashSet::new(), Vec::new());
        while let Some((id, expanded)) = open.pop() {
            let vertex = graph.get(&id).expect("the graph has all inputs");
            if matches!(vertex.op, Op::Host(_)) {
                // It runs elsewhere, and who asks has seen to it.
                continue;
            }
            if expanded {
                missing.push(vertex.clone());
            } else if !self.has(id) && seen.insert(id) {
                open.push((id, true));
                open.extend(vertex.dependencies().into_iter().map(|input| (input, false)));
            }
        }
        missing
    }

    /// Brings about the results of a vertex and of all that it needs, through the gates.
    async fn bring(&self, graph: &Graph, goal: VertexId, observer: &dyn Observer) -> Result<bool, EngineError> {
        let mut ran = false;
        for vertex in self.missing(graph, goal) {
            if self.has(vertex.id) {
                continue;
            }
            if vertex.op.is_step() {
                let tries = if self.spoiled.contains(&vertex.id) { 2 } else { 1 };
                for _ in 0..tries {
                    if observer.gate(vertex.id).await == Answer::Refuse {
                        return Err(EngineError::Refused);
                    }
                }
                self.process(vertex.id, observer).await?;
            }
            ran = true;
            self.record.lock().unwrap().results.insert(vertex.id);
        }
        Ok(ran)
    }

    async fn process(&self, id: VertexId, observer: &dyn Observer) -> Result<(), EngineError> {
        {
            let mut record = self.record.lock().unwrap();
            *record.runs.entry(id).or_default() += 1;
            record.running += 1;
            record.most = record.most.max(record.running);
            record.order.push(id);
            record.now.insert(id);
            let (all, running) = (record.now.clone(), record.running);
            record.company.insert(id, 0);
            for other in all {
                let most = record.company.entry(other).or_default();
                *most = running.max(*most);
            }
        }
        let root = observer.data_root(id);
        let mut uses = self.alone.get(&id).cloned().unwrap_or_default();
        uses.extend(root.as_ref().map(|root| format!("{root:?}")));
        let nth = {
            let mut record = self.record.lock().unwrap();
            record.roots.push(root);
            for thing in &uses {
                if !record.in_use.insert(thing.clone()) {
                    record.clashes.push(thing.clone());
                }
            }
            record.runs[&id]
        };
        let mut process = Process { script: self, id, uses, ended: false };
        observer.output(id, Stream::Stdout, format!("{id:?} runs\n").as_bytes());
        tokio::time::sleep(self.durations.get(&id).copied().unwrap_or(Duration::from_millis(1))).await;
        process.ended = true;
        drop(process);
        if let Some(bytes) = self.peaks.get(&id) {
            observer.peak_memory(id, *bytes);
        }
        if nth == 1 && self.killed.contains(&id) {
            return Err(EngineError::Exit(137));
        }
        observer.progress(id, Progress::Completed);
        tokio::time::sleep(self.aftermath).await;
        self.failures.get(&id).map_or(Ok(()), |code| Err(EngineError::Exit(*code)))
    }
}

/// A process that runs; dropping it early cancels it.
struct Process<'a> {
    script: &'a Script,
    id: VertexId,
    uses: Vec<String>,
    ended: bool,
}

impl Drop for Process<'_> {
    fn drop(&mut self) {
        let mut record = self.script.record.lock().unwrap();
        record.running -= 1;
        record.now.remove(&self.id);
        for thing in &self.uses {
            record.in_use.remove(thing);
        }
        if !self.ended {
            record.cancelled.push(self.id);
        }
    }
}

#[async_trait]
impl Engine for Script {
    fn describe(&self) -> String {
        "script".to_owned()
    }

    fn endpoint(&self) -> Vec<(String, String)> {
        vec![("DOCKER_HOST".to_owned(), "script".to_owned())]
    }

    fn processors(&self) -> usize {
        2
    }

    fn platform(&self) -> Platform {
        "linux/amd64".parse().expect("is one")
    }

    async fn image_config(&self, _image: &ImageSource) -> Result<ImageConfig, EngineError> {
        Ok(ImageConfig { env: vec!["PATH=/bin".to_owned()], working_dir: "/home".to_owned(), ..ImageConfig::default() })
    }

    async fn translate(&self, _file: &Dockerfile, _text: &str) -> Result<Translation, EngineError> {
        Ok(Translation::default())
    }

    async fn probe(
        &self,
        graph: &Arc<Graph>,
        goals: &[VertexId],
        observer: Arc<dyn Observer>,
    ) -> Result<Vec<bool>, EngineError> {
        let mut answers = Vec::new();
        for goal in goals {
            answers.push(self.bring(graph, *goal, &*observer).await.is_ok());
        }
        Ok(answers)
    }

    async fn run(&self, graph: &Arc<Graph>, vertex: VertexId, observer: Arc<dyn Observer>) -> Result<(), EngineError> {
        self.record.lock().unwrap().builds += 1;
        let ran = self.bring(graph, vertex, &*observer).await?;
        if !ran {
            observer.progress(vertex, Progress::Cached);
        }
        Ok(())
    }

    async fn read_file(&self, _graph: &Arc<Graph>, _output: Output, path: &str) -> Result<Vec<u8>, EngineError> {
        if !self.shy {
            return Err(EngineError::NotFound { path: path.to_owned() });
        }
        {
            let mut record = self.record.lock().unwrap();
            record.reading += 1;
            record.disturbed |= record.reading > 1;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        let mut record = self.record.lock().unwrap();
        record.reading -= 1;
        let disturbed = record.disturbed;
        record.disturbed &= record.reading > 0;
        if disturbed { Err(EngineError::Refused) } else { Ok(path.as_bytes().to_vec()) }
    }

    async fn store_image(
        &self,
        _graph: &Arc<Graph>,
        _state: &ImageState,
        _store: StoreAs<'_>,
        _observer: Arc<dyn Observer>,
    ) -> Result<String, EngineError> {
        Ok("sha256:0".to_owned())
    }

    async fn data_root_in_use(&self, root: &DataRoot) -> Result<bool, EngineError> {
        Ok(self.foreign_roots.lock().unwrap().contains(root))
    }

    async fn push_image(&self, _name: &str) -> Result<Option<String>, EngineError> {
        Ok(None)
    }

    async fn push_index(&self, _name: &str, _images: &[(String, Platform)]) -> Result<(), EngineError> {
        Ok(())
    }

    async fn export_files(
        &self,
        graph: &Arc<Graph>,
        tree: Output,
        _into: &Path,
        observer: Arc<dyn Observer>,
    ) -> Result<(), EngineError> {
        self.bring(graph, tree.vertex, &*observer).await.map(drop)
    }
}
