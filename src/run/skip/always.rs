//! What no invocation may leave out, whatever an earlier one did.

use crate::graph::dockerfile::LlbOp;
use crate::graph::{HttpSource, Op, Plan, Vertex};

/// Why a plan has to be gone through each time; `None` where it need not be.
#[must_use]
pub fn why(plan: &Plan) -> Option<String> {
    plan.graph.iter().find_map(|vertex| of_step(vertex))
}

fn of_step(vertex: &Vertex) -> Option<String> {
    let (target, name) = (&vertex.options.target, &vertex.options.name);
    let fetches = || format!("only its server knows whether what `{name}` of {target} fetches is still the same");
    match &vertex.op {
        Op::Host(_) => Some(format!("`{name}` of {target} runs on this machine")),
        Op::Http(HttpSource { checksum: None, .. }) => Some(fetches()),
        // What of a Dockerfile reads nothing that is known here may read anything.
        Op::Llb(LlbOp { inputs, process: None, .. }) if inputs.is_empty() => Some(fetches()),
        op if op.exec().is_some_and(|exec| exec.interactive.is_some()) => {
            Some(format!("somebody works with `{name}` of {target}"))
        }
        op if op.is_step() && vertex.options.uncached => Some(format!("`{name}` of {target} runs in every build")),
        _ => None,
    }
}
