//! From what was typed to targets of loaded files.

use super::context::{Context, Ended};
use super::exit::Exit;
use super::targets::{Wish, is_artifact};
use crate::analysis::reference::{ArtifactRef, Place, TargetRef};
use crate::run::eval::Goal;
use crate::run::program::Program;
use crate::syntax::suggest;
use crate::workspace::Found;
use std::collections::BTreeMap;

/// A goal whose file is not loaded yet.
pub struct Asked {
    /// Its file.
    pub found: Found,
    target: TargetRef,
    artifact: Option<(String, String)>,
    args: BTreeMap<String, String>,
}

/// Reads references, and finds their files.
///
/// # Errors
/// When a reference is malformed or its directory has no Buildfile; it was said.
pub fn find(context: &Context, wishes: &[Wish], build_args: &BTreeMap<String, String>) -> Ended<Vec<Asked>> {
    let mut asked = Vec::new();
    for wish in wishes {
        let reference = wish.reference.as_str();
        let invalid = |message: String, help: String| context.fail(Exit::Usage, &message, Some(&help));
        let (target, artifact) = if is_artifact(reference) {
            let artifact = ArtifactRef::parse(reference).map_err(|error| invalid(error.to_string(), error.help()))?;
            let dest = wish.dest.clone().unwrap_or_else(|| "./".to_owned());
            (artifact.target, Some((artifact.path, dest)))
        } else {
            (TargetRef::parse(reference).map_err(|error| invalid(error.to_string(), error.help()))?, None)
        };
        let found = match &target.place {
            Place::Here => context.buildfile()?,
            Place::Directory(dir) => context.buildfile_in(dir)?,
            Place::Remote(_) | Place::Alias(_) => {
                let message = format!("`{reference}`: targets of other repositories are not supported yet");
                return Err(invalid(
                    message,
                    "clone the repository, and name its directory: `./dir+target`".to_owned(),
                ));
            }
        };
        let mut args = build_args.clone();
        args.extend(wish.args.clone());
        asked.push(Asked { found, target, artifact, args });
    }
    Ok(asked)
}

/// Looks the targets up in the loaded files.
///
/// # Errors
/// When one does not exist; it was said.
pub fn resolve(context: &Context, program: &Program, asked: Vec<Asked>) -> Ended<Vec<Goal>> {
    asked
        .into_iter()
        .map(|Asked { found, target, artifact, args }| {
            let unit = &program.units[&found.dir];
            if !unit.targets.contains_key(&target.target) {
                let names = unit.targets.keys().map(String::as_str);
                let help = match suggest::nearest(&target.target, names) {
                    Some(near) => format!("did you mean `+{near}`?"),
                    None => "`rbuild ls` lists the targets".to_owned(),
                };
                let message = format!("there is no target `{}` in {}", target.target, found.path().display());
                return Err(context.fail(Exit::Usage, &message, Some(&help)));
            }
            Ok(Goal { dir: found.dir, target: target.target, args, artifact })
        })
        .collect()
}
