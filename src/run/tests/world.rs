//! Graphs, engines and executors for tests.

use crate::digest::VertexId;
use crate::engine::script::Script;
use crate::event::{Event, Sink, StepState};
use crate::graph::op::{CacheSharing, ExecCommand, Mount, MountKind, Network};
use crate::graph::{Exec, Graph, GraphBuilder, Op, Options, Output};
use crate::lock::{LockDir, Trust};
use crate::platform::Platform;
use crate::run::{BuildError, Executor, Interrupt, Limits};
use crate::source::{FileId, Location, Span};
use crate::trace::Trace;
use std::sync::{Arc, Mutex};

/// Events in the order in which they came.
#[derive(Default)]
pub struct Events(pub Mutex<Vec<Event>>);

impl Sink for Events {
    fn send(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

impl Events {
    /// How many steps came to this state.
    pub fn count(&self, wanted: impl Fn(&StepState) -> bool) -> usize {
        let events = self.0.lock().unwrap();
        events.iter().filter(|event| matches!(event, Event::Step { state, .. } if wanted(state))).count()
    }
}

/// A graph under construction.
#[derive(Default)]
pub struct Steps {
    builder: GraphBuilder,
}

impl Steps {
    /// Adds a step that needs these, with these locked caches.
    pub fn step(&mut self, name: &str, needs: &[VertexId], caches: &[&str]) -> VertexId {
        self.step_with_pool(name, needs, caches, None)
    }

    /// The same with a pool of data roots.
    pub fn step_with_pool(&mut self, name: &str, needs: &[VertexId], caches: &[&str], pool: Option<&str>) -> VertexId {
        let binds = needs.iter().enumerate().map(|(i, id)| Mount {
            target: format!("/in/{i}"),
            kind: MountKind::Bind { input: Output { vertex: *id, index: 0 }, selector: "/".to_owned() },
        });
        let caches = caches.iter().map(|id| Mount {
            target: format!("/cache/{id}"),
            kind: MountKind::Cache { id: (*id).to_owned(), sharing: CacheSharing::Locked, readonly: false, base: None },
        });
        let exec = Exec {
            root: None,
            image: None,
            command: ExecCommand::Shell(name.to_owned()),
            env: Vec::new(),
            workdir: None,
            user: None,
            mounts: binds.chain(caches).collect(),
            network: Network::Default,
            privileged: false,
            hosts: Vec::new(),
            secret_env: Vec::new(),
            platform: Platform { os: "linux".into(), arch: "amd64".into(), variant: String::new() },
            interactive: None,
        };
        let options = || Options {
            target: "+test".into(),
            name: format!("RUN {name}").into(),
            span: Span::new(FileId(0), 0, 0),
            location: Location { file: "Buildfile".into(), line: 1, column: 1 },
            trace: Trace::default(),
            uncached: false,
            data_roots: pool.map(Into::into),
            raw_output: false,
        };
        self.builder.add(Op::Exec(exec), options).vertex
    }

    /// Adds any operation.
    pub fn add(&mut self, op: Op, name: &str) -> Output {
        self.builder.add(op, || Options {
            target: "+test".into(),
            name: name.into(),
            span: Span::new(FileId(0), 0, 0),
            location: Location { file: "Buildfile".into(), line: 1, column: 1 },
            trace: Trace::default(),
            uncached: false,
            data_roots: None,
            raw_output: false,
        })
    }

    /// The graph so far.
    pub fn so_far(&self) -> Arc<Graph> {
        Arc::new(self.builder.graph().clone())
    }

    /// The graph.
    pub fn seal(self) -> Arc<Graph> {
        Arc::new(self.builder.seal())
    }
}

/// An engine, its events, and a place for locks.
pub struct World {
    pub engine: Arc<Script>,
    pub events: Arc<Events>,
    pub locks: Arc<LockDir>,
    pub interrupt: Interrupt,
    dir: Arc<tempfile::TempDir>,
}

impl World {
    pub fn new(engine: Script) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let locks = Arc::new(LockDir::open(dir.path(), Trust::Judge).unwrap());
        Self {
            engine: Arc::new(engine),
            events: Arc::default(),
            locks,
            interrupt: Interrupt::default(),
            dir: Arc::new(dir),
        }
    }

    /// Another process with the same engine and the same directory of locks.
    pub fn neighbour(&self) -> Self {
        let locks = Arc::new(LockDir::open(self.dir.path(), Trust::Judge).unwrap());
        let (engine, dir) = (self.engine.clone(), self.dir.clone());
        Self { engine, events: Arc::default(), locks, interrupt: Interrupt::default(), dir }
    }

    /// An executor: one invocation.
    pub fn executor(&self, limits: Limits) -> Executor {
        Executor::new(
            self.engine.clone(),
            self.events.clone(),
            self.locks.clone(),
            limits,
            self.interrupt.clone(),
            Arc::default(),
        )
    }

    /// An invocation with one call.
    pub async fn execute(&self, graph: &Arc<Graph>, goals: &[VertexId], limits: Limits) -> Result<(), BuildError> {
        self.executor(limits).execute(graph, goals).await
    }
}

/// A cap, and nothing else.
pub fn at_most(parallelism: usize) -> Limits {
    Limits { parallelism, keep_going: false, lock_timeout: None, host_parallelism: None, docker_cache_roots: 2 }
}
