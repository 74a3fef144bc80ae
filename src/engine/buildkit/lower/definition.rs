//! The definition: every operation in order, and the one map between the engine's digests and our ids.

use super::{exec, file, llb, source};
use crate::digest::{Digest, VertexId};
use crate::engine::EngineError;
use crate::engine::buildkit::capabilities::Capabilities;
use crate::engine::buildkit::gates::Gate;
use crate::engine::buildkit::resolve::Resolve;
use crate::graph::image::ImageConfig;
use crate::graph::{Graph, LocalSource, Op, Output, Vertex};
use bollard_buildkit_proto::pb;
use prost::Message as _;
use std::collections::HashMap;

/// What lowering depends on besides the graph.
pub struct Lowering<'a> {
    /// The engine for people.
    pub engine: &'a str,
    /// What the engine can do.
    pub capabilities: &'a Capabilities,
    /// Configurations of the images that execs take their environment from.
    pub configs: &'a HashMap<VertexId, ImageConfig>,
    /// Steps whose results are images of the engine's store, by the normal forms of these images' names.
    pub results: &'a HashMap<VertexId, String>,
    /// Id of the session that serves build contexts.
    pub session: &'a str,
    /// A name of this invocation: steps that are never cached between invocations carry it.
    pub nonce: &'a str,
    /// Where images are looked up.
    pub resolve: Resolve,
}

/// A part of the graph in the engine's terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Lowered {
    /// What the engine solves.
    pub definition: pb::Definition,
    /// Our vertices by the engine's digests.
    pub vertices: HashMap<String, VertexId>,
    /// The gates of its execs.
    pub gates: Vec<Gate>,
    /// Its build contexts, by the names that the engine asks for.
    pub contexts: Vec<(String, LocalSource)>,
    /// Privileges that it asks for.
    pub entitlements: Vec<String>,
    /// How many results the goal's vertex has.
    outputs: u32,
}

/// Lowers one result and all that it needs.
///
/// # Errors
/// [`EngineError::Other`] for a graph that is not whole, [`EngineError::Unsupported`] for what the engine cannot do.
pub fn lower(graph: &Graph, goal: Output, with: &Lowering<'_>) -> Result<Lowered, EngineError> {
    let mut lowered = Lowered::empty();
    let mut digests: HashMap<VertexId, String> = HashMap::new();
    for vertex in graph.closure_down_to([goal.vertex], |id| ends(graph, with.results, id)) {
        let mut inputs = Inputs::new(&digests);
        let (op, platform) = match &vertex.op {
            Op::Image(image) => (source::image(image, with.resolve), Some(source::platform(&image.platform))),
            Op::Http(http) => (source::http(http), None),
            Op::Local(local) => {
                let name = crate::engine::buildkit::context::name(vertex.id);
                let op = source::local(&name, with.session);
                lowered.contexts.push((name, local.clone()));
                (op, None)
            }
            Op::Exec(exec) if exec.interactive.is_some() => match with.results.get(&vertex.id) {
                Some(name) => (source::stored(name), Some(source::platform(&exec.platform))),
                None => {
                    return Err(EngineError::Other(format!("somebody has to work with `{}`", vertex.options.name)));
                }
            },
            Op::Exec(exec) => {
                let gate = exec::gate(exec, vertex.options.uncached.then_some(with.nonce));
                let op = exec::lower(exec, &gate, with, &mut inputs)?;
                lowered.gates.push(Gate { id: gate, vertex: vertex.id });
                if vertex.id == goal.vertex {
                    lowered.outputs = exec::outputs(exec);
                }
                if exec.privileged {
                    lowered.entitle("security.insecure");
                }
                (op, Some(source::platform(&exec.platform)))
            }
            Op::File(file) => (file::lower(file, with, &mut inputs)?, None),
            Op::Llb(op) => {
                inputs.all(&op.inputs)?;
                let gate = op.process.as_ref().map(|process| {
                    for (asked, name) in
                        [(process.privileged, "security.insecure"), (process.host_network, "network.host")]
                    {
                        if asked {
                            lowered.entitle(name);
                        }
                    }
                    llb::gate(op, vertex.options.uncached.then_some(with.nonce))
                });
                if vertex.id == goal.vertex {
                    lowered.outputs = op.outputs;
                }
                let whole = llb::lower(op, gate.as_deref())?;
                lowered.gates.extend(gate.map(|id| Gate { id, vertex: vertex.id }));
                let digest = lowered.push(pb::Op { inputs: inputs.list, ..whole }, Some(&vertex));
                digests.insert(vertex.id, digest);
                continue;
            }
            // It has to have ended before, and gives nothing that the engine could read.
            Op::Host(_) if vertex.id != goal.vertex => continue,
            Op::Host(_) => {
                return Err(EngineError::Other(format!(
                    "`{}` runs on this machine, not in the engine",
                    vertex.options.name
                )));
            }
            Op::Dockerfile(file) => {
                return Err(EngineError::Other(format!("{} was not translated", file.name)));
            }
            Op::Docker(step) => match with.results.get(&vertex.id) {
                Some(name) => (source::stored(name), Some(source::platform(&step.exec.platform))),
                None => return Err(EngineError::Other(format!("`{}` has not been run", vertex.options.name))),
            },
        };
        let op = pb::Op { inputs: inputs.list, op: Some(op), platform, constraints: None };
        // What the engine says of an image is not progress of the step that made it.
        let told = !with.results.contains_key(&vertex.id);
        let digest = lowered.push(op, told.then_some(&*vertex));
        digests.insert(vertex.id, digest);
    }
    let Some(digest) = digests.get(&goal.vertex) else {
        return Err(EngineError::Other(format!("vertex {} is not in the graph", goal.vertex)));
    };
    let goal = pb::Input { digest: digest.clone(), index: i64::from(goal.index) };
    lowered.push(pb::Op { inputs: vec![goal], ..pb::Op::default() }, None);
    Ok(lowered)
}

/// Whether what lies below a vertex is not the engine's business: its result is in the store, or it runs on this machine.
pub fn ends(graph: &Graph, results: &HashMap<VertexId, String>, id: &VertexId) -> bool {
    results.contains_key(id) || graph.get(id).is_some_and(|vertex| matches!(vertex.op, Op::Host(_)))
}

impl Lowered {
    /// An empty file system.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            definition: pb::Definition::default(),
            vertices: HashMap::new(),
            gates: Vec::new(),
            contexts: Vec::new(),
            entitlements: Vec::new(),
            outputs: 1,
        }
    }

    /// Adds all that serves another goal; the goal itself stays.
    pub fn serve_too(&mut self, other: Self) {
        self.vertices.extend(other.vertices);
        let new = |gate: &Gate| !self.gates.contains(gate);
        let gates: Vec<_> = other.gates.into_iter().filter(new).collect();
        self.gates.extend(gates);
        let new = |context: &(String, LocalSource)| !self.contexts.contains(context);
        let contexts: Vec<_> = other.contexts.into_iter().filter(new).collect();
        self.contexts.extend(contexts);
        other.entitlements.iter().for_each(|privilege| self.entitle(privilege));
    }

    /// How many results the goal's vertex has.
    #[must_use]
    pub fn outputs(&self) -> u32 {
        self.outputs
    }

    /// A definition for each result of the goal's vertex.
    pub fn definitions(&self) -> impl Iterator<Item = pb::Definition> {
        let goal = self.definition.def.len().saturating_sub(1);
        (0..self.outputs).map(move |index| {
            let mut one = self.definition.clone();
            if let Some(last) = one.def.get_mut(goal)
                && let Ok(mut op) = pb::Op::decode(last.as_slice())
            {
                one.metadata.remove(&Digest::of(&*last).to_string());
                op.inputs.iter_mut().for_each(|input| input.index = i64::from(index));
                *last = encode(op);
                one.metadata.insert(Digest::of(&*last).to_string(), pb::OpMetadata::default());
            }
            one
        })
    }

    fn entitle(&mut self, name: &str) {
        if !self.entitlements.iter().any(|held| held == name) {
            self.entitlements.push(name.to_owned());
        }
    }

    fn push(&mut self, op: pb::Op, vertex: Option<&Vertex>) -> String {
        let bytes = encode(op);
        let digest = Digest::of(&bytes).to_string();
        self.definition.def.push(bytes);
        let mut metadata = pb::OpMetadata::default();
        if let Some(vertex) = vertex {
            let name = format!("[{}] {}", vertex.options.target, vertex.options.name);
            metadata.description.insert("llb.customname".to_owned(), name);
            self.vertices.insert(digest.clone(), vertex.id);
        }
        self.definition.metadata.insert(digest.clone(), metadata);
        digest
    }
}

/// The bytes of an operation, with its kind last, as Go writes it: newer engines encode what they read anew before they digest it,
/// and their digests must be ours.
pub fn encode(mut op: pb::Op) -> Vec<u8> {
    let kind = op.op.take();
    let mut bytes = op.encode_to_vec();
    if let Some(kind) = kind {
        kind.encode(&mut bytes);
    }
    bytes
}

/// The inputs of one operation, each once.
pub(super) struct Inputs<'a> {
    digests: &'a HashMap<VertexId, String>,
    pub(super) list: Vec<pb::Input>,
}

impl<'a> Inputs<'a> {
    pub(super) fn new(digests: &'a HashMap<VertexId, String>) -> Self {
        Self { digests, list: Vec::new() }
    }

    /// The place of an input in the list.
    pub(super) fn index(&mut self, output: Output) -> Result<i64, EngineError> {
        let input = self.input(output)?;
        let at = self.list.iter().position(|known| *known == input).unwrap_or_else(|| {
            self.list.push(input);
            self.list.len() - 1
        });
        Ok(at as i64)
    }

    /// Takes all inputs of an operation that numbers them itself.
    pub(super) fn all(&mut self, outputs: &[Output]) -> Result<(), EngineError> {
        for output in outputs {
            let input = self.input(*output)?;
            self.list.push(input);
        }
        Ok(())
    }

    fn input(&self, output: Output) -> Result<pb::Input, EngineError> {
        let digest = self
            .digests
            .get(&output.vertex)
            .ok_or_else(|| EngineError::Other(format!("vertex {} is not in the graph", output.vertex)))?;
        Ok(pb::Input { digest: digest.clone(), index: i64::from(output.index) })
    }

    /// The same for an input that may be an empty file system.
    pub(super) fn index_or_empty(&mut self, output: Option<Output>) -> Result<i64, EngineError> {
        output.map_or(Ok(EMPTY), |output| self.index(output))
    }

    /// How many there are.
    pub(super) fn len(&self) -> i64 {
        self.list.len() as i64
    }
}

/// "An empty file system" where an input is named.
pub(super) const EMPTY: i64 = -1;
