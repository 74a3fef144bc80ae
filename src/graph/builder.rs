//! Vertices and the graph that holds them.

use super::encode;
use super::op::{Op, Output};
use crate::digest::VertexId;
use crate::source::{Location, Span};
use crate::trace::Trace;
use indexmap::IndexMap;
use indexmap::map::Entry;
use std::collections::HashSet;
use std::sync::Arc;

/// A node of the graph.
#[derive(Debug, Clone)]
pub struct Vertex {
    /// Digest of `op`.
    pub id: VertexId,
    /// What it does.
    pub op: Op,
    /// What does not change its result.
    pub options: Options,
}

/// What belongs to a vertex but not to its identity. Of several who add one vertex, the first in the files gives it its name; it is
/// uncached when one of them asks for that. So nothing depends on who comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The target that it belongs to, as shown: `+test`, `./api+image`.
    pub target: Arc<str>,
    /// What progress shows: the command as written.
    pub name: Arc<str>,
    /// The command's place in its Buildfile.
    pub span: Span,
    /// The same for people.
    pub location: Location,
    /// How evaluation came to the command.
    pub trace: Trace,
    /// Whether it runs although its result is known.
    pub uncached: bool,
    /// The pool of data roots that a `WITH DOCKER` step takes one from (`--cache-id`): the id, expanded and scoped, any text.
    pub data_roots: Option<Arc<str>>,
    /// Whether the lines that it prints are shown without the target's name in front (`RUN --raw-output`).
    pub raw_output: bool,
}

impl Options {
    fn merged(self, other: Self) -> Self {
        let uncached = self.uncached || other.uncached;
        let place = |options: &Self| (options.span, options.target.clone());
        let first = if place(&other) < place(&self) { other } else { self };
        Self { uncached, ..first }
    }
}

/// A set of vertices, closed under inputs, in an order in which inputs come first.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    vertices: IndexMap<VertexId, Arc<Vertex>>,
}

impl Graph {
    /// The vertex of this id, where the graph has it.
    #[must_use]
    pub fn get(&self, id: &VertexId) -> Option<&Arc<Vertex>> {
        self.vertices.get(id)
    }

    /// All vertices; inputs come before those that use them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Vertex>> {
        self.vertices.values()
    }

    /// How many vertices there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.vertices.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.vertices.is_empty()
    }

    /// A graph of these vertices and all that they need alone, in time in proportion to it. Images that lend no more than their
    /// configuration are in it.
    #[must_use]
    pub fn part(&self, goals: impl IntoIterator<Item = VertexId>) -> Self {
        let mut vertices = IndexMap::new();
        let mut seen = HashSet::new();
        // Depth first, without recursion: chains may be long.
        let mut stack: Vec<(VertexId, bool)> = goals.into_iter().map(|id| (id, false)).collect();
        while let Some((id, inputs_done)) = stack.pop() {
            let Some(vertex) = self.get(&id) else { continue };
            if inputs_done {
                vertices.insert(id, vertex.clone());
            } else if seen.insert(id) {
                stack.push((id, true));
                let lent = vertex.op.exec().and_then(|exec| exec.image);
                stack.extend(vertex.dependencies().into_iter().chain(lent).map(|input| (input, false)));
            }
        }
        Self { vertices }
    }

    /// A vertex and all that it needs, inputs first, itself last.
    #[must_use]
    pub fn closure(&self, goals: impl IntoIterator<Item = VertexId>) -> Vec<Arc<Vertex>> {
        self.closure_down_to(goals, |_| false)
    }

    /// The same without what lies below the vertices that `ends` tells: their results are there without it.
    pub fn closure_down_to(
        &self,
        goals: impl IntoIterator<Item = VertexId>,
        ends: impl Fn(&VertexId) -> bool,
    ) -> Vec<Arc<Vertex>> {
        let mut needed: HashSet<VertexId> = HashSet::new();
        let mut open: Vec<VertexId> = goals.into_iter().collect();
        while let Some(id) = open.pop() {
            if needed.insert(id)
                && !ends(&id)
                && let Some(vertex) = self.get(&id)
            {
                open.extend(vertex.dependencies());
            }
        }
        self.iter().filter(|vertex| needed.contains(&vertex.id)).cloned().collect()
    }
}

impl Vertex {
    /// The vertices whose results this one reads, each once. (The image that only lends its configuration is not among them.)
    #[must_use]
    pub fn dependencies(&self) -> Vec<VertexId> {
        let mut seen = HashSet::new();
        self.op.inputs().into_iter().map(|output| output.vertex).filter(|id| seen.insert(*id)).collect()
    }
}

/// A graph that grows.
#[derive(Debug, Default)]
pub struct GraphBuilder {
    graph: Graph,
}

impl From<Graph> for GraphBuilder {
    fn from(graph: Graph) -> Self {
        Self { graph }
    }
}

impl GraphBuilder {
    /// Adds an operation, unless an equal one is there, and gives its first result.
    ///
    /// # Panics
    /// When an input of the operation was not added before: a defect of the caller.
    pub fn add(&mut self, op: Op, options: impl FnOnce() -> Options) -> Output {
        let id = encode::id(&op);
        for input in op.inputs() {
            assert!(
                self.graph.vertices.contains_key(&input.vertex),
                "inputs are added before the vertices that use them"
            );
        }
        match self.graph.vertices.entry(id) {
            Entry::Vacant(entry) => {
                entry.insert(Arc::new(Vertex { id, op, options: options() }));
            }
            Entry::Occupied(mut entry) => {
                let options = entry.get().options.clone().merged(options());
                if options != entry.get().options {
                    entry.insert(Arc::new(Vertex { id, op, options }));
                }
            }
        }
        Output { vertex: id, index: 0 }
    }

    /// What was added so far.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Ends the growth.
    #[must_use]
    pub fn seal(self) -> Graph {
        self.graph
    }
}
