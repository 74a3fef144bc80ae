//! Operations that came from the engine itself, as the translation of a Dockerfile.

use super::exec;
use crate::engine::EngineError;
use crate::graph::dockerfile::LlbOp;
use crate::graph::encode;
use bollard_buildkit_proto::pb;
use prost::Message as _;

/// The id of the gate of such an operation.
pub(super) fn gate(op: &LlbOp, nonce: Option<&str>) -> String {
    exec::gate_of(&encode::llb_own(op), nonce)
}

/// The operation without its inputs; a process gets its gate.
pub(super) fn lower(op: &LlbOp, gate: Option<&str>) -> Result<pb::Op, EngineError> {
    let mut whole = pb::Op::decode(op.bytes.as_slice())
        .map_err(|error| EngineError::Other(format!("read an operation of a Dockerfile: {error}")))?;
    if let (Some(pb::op::Op::Exec(exec)), Some(gate)) = (&mut whole.op, gate) {
        exec.mounts.insert(0, exec::gate_mount(gate));
    }
    Ok(whole)
}
