//! The plan as JSON, for programs. `version` changes when a field changes its meaning or goes away.

use super::describe;
use super::order::ordered;
use crate::digest::VertexId;
use crate::graph::plan::Plan;
use crate::source::Location;
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    vertices: Vec<Vertex<'a>>,
    goals: &'a [VertexId],
    images: Vec<Image<'a>>,
    artifacts: Vec<Artifact<'a>>,
    push_steps: &'a [VertexId],
}

#[derive(Serialize)]
struct Vertex<'a> {
    id: VertexId,
    kind: &'static str,
    target: &'a str,
    name: &'a str,
    location: &'a Location,
    inputs: Vec<VertexId>,
    details: Vec<String>,
    uncached: bool,
}

#[derive(Serialize)]
struct Image<'a> {
    name: &'a str,
    target: &'a str,
    vertex: Option<VertexId>,
    platform: &'a crate::platform::Platform,
    push: bool,
    location: &'a Location,
    details: Vec<String>,
}

#[derive(Serialize)]
struct Artifact<'a> {
    source: &'a str,
    dest: &'a str,
    target: &'a str,
    vertex: VertexId,
    location: &'a Location,
    details: Vec<String>,
}

/// The plan as one JSON document, indented, with a line end.
#[must_use]
pub fn json(plan: &Plan) -> String {
    let vertices = ordered(plan);
    let document = Document {
        version: 1,
        vertices: vertices
            .iter()
            .map(|vertex| Vertex {
                id: vertex.id,
                kind: describe::kind(&vertex.op),
                target: &vertex.options.target,
                name: &vertex.options.name,
                location: &vertex.options.location,
                inputs: vertex.dependencies(),
                details: describe::lines(&vertex.op),
                uncached: vertex.options.uncached,
            })
            .collect(),
        goals: &plan.goals,
        images: plan
            .images
            .iter()
            .map(|image| Image {
                name: &image.name,
                target: &image.target,
                vertex: image.state.root.map(|root| root.vertex),
                platform: &image.state.platform,
                push: image.push,
                location: &image.location,
                details: describe::image(image),
            })
            .collect(),
        artifacts: plan
            .artifacts
            .iter()
            .map(|artifact| Artifact {
                source: &artifact.source,
                dest: &artifact.dest,
                target: &artifact.target,
                vertex: artifact.tree.vertex,
                location: &artifact.location,
                details: describe::artifact(artifact),
            })
            .collect(),
        push_steps: &plan.push_steps,
    };
    serde_json::to_string_pretty(&document).expect("maps have text keys") + "\n"
}
