//! Files of the build context that the same build writes: `COPY` would take what lay there before.

use super::paths::{directory, file_name, is_pattern};
use crate::diagnostic::Diagnostic;
use crate::graph::plan::{ArtifactOutput, ArtifactShape};
use crate::graph::{IgnoreFile, Op, Plan};
use std::collections::HashMap;
use std::path::PathBuf;

/// Every `COPY` whose source is, by name, a file that this plan writes.
pub fn stale(plan: &Plan) -> Vec<Diagnostic> {
    let written: HashMap<PathBuf, &ArtifactOutput> = plan
        .artifacts
        .iter()
        .filter(|artifact| !artifact.asked)
        .filter_map(|artifact| Some((place(artifact)?, artifact)))
        .collect();
    if written.is_empty() {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for vertex in plan.graph.iter() {
        let Op::Local(local) = &vertex.op else { continue };
        if local.ignore == IgnoreFile::None {
            continue;
        }
        for path in local.include.iter().filter(|path| !is_pattern(path)) {
            let Some(artifact) = written.get(&local.root.join(path)) else { continue };
            let message = format!(
                "`{path}` is copied from the build context, and `{}` of the same build writes it afterwards, at {}",
                artifact.target, artifact.location
            );
            faults.push(Diagnostic::error("stale-copy", vertex.options.span, message).help(
                "copy the artifact itself, `COPY +target/artifact …`, or have it written first: `WAIT`, `BUILD`, `END`",
            ));
        }
    }
    faults
}

/// Where an artifact goes, if its name alone tells that.
fn place(artifact: &ArtifactOutput) -> Option<PathBuf> {
    let dest = artifact.dest.as_str();
    let into_dir = dest.ends_with('/') || matches!(dest.rsplit('/').next(), Some("." | ".."));
    let path = match (into_dir, artifact.shape) {
        (false, _) => dest.to_owned(),
        (true, ArtifactShape::One) => format!("{dest}/{}", file_name(&artifact.source)),
        (true, ArtifactShape::Pattern | ArtifactShape::Whole) => return None,
    };
    Some(PathBuf::from(directory(&artifact.base.to_string_lossy(), &path)))
}
