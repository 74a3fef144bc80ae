//! An order of vertices that does not depend on how the graph came about.

use crate::digest::VertexId;
use crate::graph::plan::Plan;
use crate::graph::{Graph, Vertex};
use std::collections::HashSet;
use std::sync::Arc;

/// Everything that the plan needs, each vertex behind its inputs, in the order of goals and inputs.
pub fn ordered(plan: &Plan) -> Vec<Arc<Vertex>> {
    let (mut order, mut seen) = (Vec::new(), HashSet::new());
    for goal in plan.asked.iter().copied().chain(plan.required()) {
        visit(&plan.graph, goal, &mut seen, &mut order);
    }
    order
}

/// Depth first, without recursion: chains may be long.
fn visit(graph: &Graph, goal: VertexId, seen: &mut HashSet<VertexId>, order: &mut Vec<Arc<Vertex>>) {
    let mut stack = vec![(goal, false)];
    while let Some((id, inputs_done)) = stack.pop() {
        let Some(vertex) = graph.get(&id) else { continue };
        if inputs_done {
            order.push(vertex.clone());
        } else if seen.insert(id) {
            stack.push((id, true));
            stack.extend(vertex.dependencies().into_iter().rev().map(|input| (input, false)));
        }
    }
}
