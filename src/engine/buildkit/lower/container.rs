//! Containers that are steered from here, for processes that somebody works with.

use super::definition::{Inputs, Lowering};
use super::exec;
use crate::engine::EngineError;
use crate::graph::op::Exec;
use crate::graph::{Op, Output};
use bollard_buildkit_proto::pb;
use std::collections::HashMap;

/// A step's process and mounts, without a gate; and the results that its mounts read, by the numbers of their inputs.
///
/// # Errors
/// As for [`super::lower`].
pub fn container(exec: &Exec, with: &Lowering<'_>) -> Result<(pb::ExecOp, Vec<Output>), EngineError> {
    let read = Op::Exec(exec.clone()).inputs();
    let digests: HashMap<_, _> = read.iter().map(|output| (output.vertex, output.vertex.to_string())).collect();
    let mut inputs = Inputs::new(&digests);
    let process = exec::process(exec, with, &mut inputs)?;
    let is = |input: &pb::Input, output: &&Output| {
        digests[&output.vertex] == input.digest && i64::from(output.index) == input.index
    };
    let outputs = inputs.list.iter().filter_map(|input| read.iter().find(|output| is(input, output)).copied());
    Ok((process, outputs.collect()))
}
