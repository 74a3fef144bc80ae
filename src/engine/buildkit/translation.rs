//! What the engine's Dockerfile frontend gives back, in our own terms.

use super::lower;
use crate::digest::Digest;
use crate::engine::EngineError;
use crate::graph::ImageSource;
use crate::graph::dockerfile::{LlbOp, LlbProcess, Piece, PieceOp, PieceOutput, Translation};
use crate::graph::op::CacheSharing;
use crate::platform::Platform;
use bollard_buildkit_proto::pb;
use prost::Message as _;
use std::collections::HashMap;

/// The name of the operation that stands for the build context, whatever that is.
pub const CONTEXT: &str = "local://rbuild-context";

/// Reads the definition of a translated Dockerfile. Names of cache directories get `cache_prefix` in front.
///
/// # Errors
/// When it holds what this version does not understand. `platform` is that of images that name none.
pub fn read(definition: &pb::Definition, platform: &Platform, cache_prefix: &str) -> Result<Translation, EngineError> {
    let mut translation = Translation::default();
    let mut places: HashMap<String, Place> = HashMap::new();
    for bytes in &definition.def {
        let digest = Digest::of(bytes).to_string();
        let op = pb::Op::decode(bytes.as_slice()).map_err(|error| unknown(&error.to_string()))?;
        // What this version does not know is lost in reading, and would be missing in what runs.
        if op.encoded_len() != bytes.len() {
            return Err(unknown("it has fields that this version of rbuild does not know"));
        }
        let inputs = op.inputs.iter().map(|input| output(&places, input)).collect::<Result<Vec<_>, _>>()?;
        if op.op.is_none() {
            // The last one only names the result.
            translation.root = inputs.first().copied().filter(|(at, _)| *at != EMPTY);
            continue;
        }
        let meta = definition.metadata.get(&digest);
        let name = meta.and_then(|meta| meta.description.get("llb.customname"));
        let piece = Piece {
            name: name.cloned().unwrap_or_else(|| described(&op)),
            line: line(definition, &digest),
            op: piece(op, platform, cache_prefix)?,
            inputs,
        };
        places.insert(digest, Place(translation.pieces.len()));
        translation.pieces.push(piece);
    }
    translation.context = context_paths(&translation);
    Ok(translation)
}

struct Place(usize);

/// Stands for an operation that is not there.
const EMPTY: usize = usize::MAX;

fn unknown(what: &str) -> EngineError {
    EngineError::Other(format!("the engine's translation of the Dockerfile cannot be read: {what}"))
}

fn output(places: &HashMap<String, Place>, input: &pb::Input) -> Result<PieceOutput, EngineError> {
    if input.digest.is_empty() {
        return Ok((EMPTY, 0));
    }
    let place = places.get(&input.digest).ok_or_else(|| unknown("an operation comes after one that reads it"))?;
    Ok((place.0, u32::try_from(input.index).map_err(|_| unknown("an input has no number"))?))
}

fn piece(mut op: pb::Op, platform: &Platform, cache_prefix: &str) -> Result<PieceOp, EngineError> {
    op.inputs.clear();
    let (mut outputs, mut process) = (1, None);
    match &mut op.op {
        Some(pb::op::Op::Source(source)) if source.identifier == CONTEXT => return Ok(PieceOp::Context),
        Some(pb::op::Op::Source(source)) => {
            let plain = source.attrs.keys().all(|key| key == "image.resolvemode");
            if let (Some(image), true) = (source.identifier.strip_prefix("docker-image://"), plain) {
                let platform = op.platform.as_ref().map_or_else(|| platform.clone(), of_engine);
                return Ok(PieceOp::Image(ImageSource { reference: image.to_owned(), platform }));
            }
            if source.identifier.starts_with("local://") {
                return Err(unknown(&format!("it asks for `{}`", source.identifier)));
            }
        }
        Some(pb::op::Op::Exec(exec)) => {
            outputs = exec.mounts.iter().map(|mount| mount.output + 1).max().unwrap_or(1);
            process = Some(of_process(exec, cache_prefix));
        }
        Some(pb::op::Op::File(file)) => {
            outputs = file.actions.iter().map(|action| action.output + 1).max().unwrap_or(1);
        }
        Some(pb::op::Op::Merge(_) | pb::op::Op::Diff(_)) => {}
        Some(pb::op::Op::Build(_)) | None => return Err(unknown("it is a build of its own")),
    }
    let outputs = u32::try_from(outputs).map_err(|_| unknown("an operation has no result"))?;
    Ok(PieceOp::Llb(LlbOp { bytes: lower::encode(op), inputs: Vec::new(), outputs, process }))
}

fn of_process(exec: &mut pb::ExecOp, cache_prefix: &str) -> LlbProcess {
    let mut caches = Vec::new();
    for mount in &mut exec.mounts {
        if let Some(cache) = &mut mount.cache_opt {
            cache.id.insert_str(0, cache_prefix);
            let sharing = match cache.sharing() {
                pb::CacheSharingOpt::Shared => CacheSharing::Shared,
                pb::CacheSharingOpt::Private => CacheSharing::Private,
                pb::CacheSharingOpt::Locked => CacheSharing::Locked,
            };
            caches.push((cache.id.clone(), sharing));
        }
    }
    LlbProcess {
        args: exec.meta.as_ref().map(|meta| meta.args.clone()).unwrap_or_default(),
        caches,
        privileged: exec.security() == pb::SecurityMode::Insecure,
        host_network: exec.network() == pb::NetMode::Host,
    }
}

pub(super) fn of_engine(platform: &pb::Platform) -> Platform {
    Platform { os: platform.os.clone(), arch: platform.architecture.clone(), variant: platform.variant.clone() }
}

/// The line of the Dockerfile that an operation comes from: the last one that is named, which is that of the instruction itself.
fn line(definition: &pb::Definition, digest: &str) -> Option<usize> {
    let locations = definition.source.as_ref()?.locations.get(digest)?;
    let range = locations.locations.first()?.ranges.first()?;
    usize::try_from(range.start.as_ref()?.line).ok().filter(|line| *line > 0)
}

fn described(op: &pb::Op) -> String {
    match &op.op {
        Some(pb::op::Op::Source(source)) => source.identifier.clone(),
        Some(pb::op::Op::Exec(exec)) => {
            exec.meta.as_ref().map_or_else(|| "RUN".to_owned(), |meta| format!("RUN {}", meta.args.join(" ")))
        }
        Some(pb::op::Op::File(_)) => "COPY".to_owned(),
        _ => "merge".to_owned(),
    }
}

/// What the pieces read of the build context.
fn context_paths(translation: &Translation) -> Vec<String> {
    let mut paths = Vec::new();
    for piece in &translation.pieces {
        let is_context = |at: i64| {
            let input = usize::try_from(at).ok().and_then(|at| piece.inputs.get(at));
            let read = input.and_then(|(at, _)| translation.pieces.get(*at));
            read.is_some_and(|piece| piece.op == PieceOp::Context)
        };
        let PieceOp::Llb(llb) = &piece.op else { continue };
        match pb::Op::decode(llb.bytes.as_slice()).ok().and_then(|op| op.op) {
            Some(pb::op::Op::File(file)) => {
                for action in &file.actions {
                    let copied = match &action.action {
                        Some(pb::file_action::Action::Copy(copy)) if is_context(action.secondary_input) => {
                            Some(include(&copy.src))
                        }
                        _ => None,
                    };
                    paths.extend(copied);
                    paths.extend(is_context(action.input).then(|| ".".to_owned()));
                }
            }
            Some(pb::op::Op::Exec(exec)) => {
                let mounts = exec.mounts.iter().filter(|mount| is_context(mount.input));
                paths.extend(mounts.map(|mount| include(&mount.selector)));
            }
            _ => paths.extend((0..piece.inputs.len() as i64).any(is_context).then(|| ".".to_owned())),
        }
    }
    if translation.root.is_some_and(|(at, _)| translation.pieces[at].op == PieceOp::Context)
        || paths.iter().any(|path| path == ".")
    {
        return vec![".".to_owned()];
    }
    paths.sort();
    paths.dedup();
    paths
}

/// A path of the context without slashes at its ends.
fn include(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

#[cfg(test)]
#[path = "translation_tests.rs"]
mod tests;
