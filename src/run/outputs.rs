//! What a build leaves behind: images in the engine's store and at registries, files on this machine.

use super::executor::Executor;
use super::failure::BuildError;
use crate::event::Event;
use crate::graph::Graph;
use crate::graph::plan::{ArtifactOutput, ArtifactShape, ImageOutput, Plan};
use crate::image_name::ImageName;
use crate::source::Location;
use crate::workspace::{Artifact, Checked, Destination, IoError, PlaceError, Staging};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::io::ErrorKind;
use std::sync::Arc;

/// Exports and pushes at the same time.
const AT_ONCE: usize = 2;
/// How often an output is tried whose content the engine threw away in between.
const TRIES: usize = 3;

/// Writes all outputs of a plan whose steps are done. Files are prepared and their places looked at before anything is changed, and put
/// in place last; then images are pushed.
///
/// # Errors
/// The first output that could not be written. What was prepared and not placed is removed.
pub async fn write(executor: &Executor, plan: &Plan, graph: &Arc<Graph>, push: bool) -> Result<(), BuildError> {
    let staging = plan.artifacts.iter().map(|artifact| stage(executor, graph, artifact).boxed());
    let staged: Vec<_> = some_at_once(staging.collect()).await?;
    let checked = check(staged).await?;
    let storing = by_state(&plan.images).into_iter().map(|group| store(executor, graph, group).boxed());
    some_at_once(storing.collect()).await?;
    for (artifact, checked) in checked {
        place(executor, artifact, checked).await?;
    }
    if push {
        let pushed = plan.images.iter().filter(|image| image.push);
        some_at_once(pushed.map(|image| push_image(executor, image).boxed()).collect()).await?;
        for (name, images) in by_index(&plan.images) {
            let parts: Vec<_> = images.iter().map(|image| (image.name.clone(), image.state.platform.clone())).collect();
            executor.engine().push_index(name, &parts).await?;
            executor.tell(Event::ImagePushed { target: images[0].target.clone(), name: for_people(name) });
        }
    }
    Ok(())
}

/// Does several things, a few at the same time, up to the first that fails.
async fn some_at_once<T: Send>(work: Vec<BoxFuture<'_, Result<T, BuildError>>>) -> Result<Vec<T>, BuildError> {
    stream::iter(work).buffered(AT_ONCE).try_collect().await
}

/// The indexes that images belong to, in order.
fn by_index(images: &[ImageOutput]) -> Vec<(&str, Vec<&ImageOutput>)> {
    let mut indexes: Vec<(&str, Vec<&ImageOutput>)> = Vec::new();
    for image in images.iter().filter(|image| image.push) {
        let Some(name) = image.index.as_deref() else { continue };
        match indexes.iter_mut().find(|(known, _)| *known == name) {
            Some((_, parts)) => parts.push(image),
            None => indexes.push((name, vec![image])),
        }
    }
    indexes
}

/// Images with the same content are stored at once, under all their names.
fn by_state(images: &[ImageOutput]) -> Vec<Vec<&ImageOutput>> {
    let mut groups: Vec<Vec<&ImageOutput>> = Vec::new();
    for image in images {
        match groups.iter_mut().find(|group| group[0].state == image.state) {
            Some(group) => group.push(image),
            None => groups.push(vec![image]),
        }
    }
    groups
}

/// What it means for an output that the engine could not do something for it.
fn unwritten(place: &Location, error: BuildError) -> BuildError {
    match error {
        BuildError::Engine(error) if !error.ends_all() => {
            BuildError::Output { message: format!("{place}: {error}"), help: None }
        }
        error => error,
    }
}

async fn store(executor: &Executor, graph: &Arc<Graph>, images: Vec<&ImageOutput>) -> Result<(), BuildError> {
    let names: Vec<String> = images.iter().map(|image| image.name.clone()).collect();
    let state = &images[0].state;
    let vertex = state.root.map(|root| root.vertex);
    let store = || executor.engine().store_image(graph, state, &names, executor.refuser());
    let stored = executor.with_result(graph, vertex, TRIES, store).await;
    stored.map_err(|error| unwritten(&images[0].location, error))?;
    for image in images {
        executor.tell(Event::ImageStored { target: image.target.clone(), name: for_people(&image.name) });
    }
    Ok(())
}

/// The name as users write it, without the registry that everybody means.
fn for_people(name: &str) -> String {
    ImageName::parse(name).map_or_else(|_| name.to_owned(), |name| name.familiar())
}

async fn push_image(executor: &Executor, image: &ImageOutput) -> Result<(), BuildError> {
    executor.engine().push_image(&image.name).await?;
    executor.tell(Event::ImagePushed { target: image.target.clone(), name: for_people(&image.name) });
    Ok(())
}

async fn stage<'a>(
    executor: &Executor,
    graph: &Arc<Graph>,
    artifact: &'a ArtifactOutput,
) -> Result<Staged<'a>, BuildError> {
    let destination = Destination {
        base: artifact.base.clone(),
        text: artifact.dest.clone(),
        force: !artifact.confined,
        artifact: match artifact.shape {
            ArtifactShape::One => Artifact::One,
            ArtifactShape::Pattern => Artifact::Wildcard,
            ArtifactShape::Whole => Artifact::Whole,
        },
    };
    let near = destination.near().map_err(|error| fault(artifact, &error))?;
    let staging = Staging::new(&near).map_err(|error| fault(artifact, &error.into()))?;
    let into = staging.path();
    let export = || executor.engine().export_files(graph, artifact.tree, &into, executor.refuser());
    let exported = executor.with_result(graph, Some(artifact.tree.vertex), TRIES, export).await;
    exported.map_err(|error| unwritten(&artifact.location, error))?;
    Ok((artifact, destination, staging))
}

/// An artifact on this machine, not yet in its place.
type Staged<'a> = (&'a ArtifactOutput, Destination, Staging);

/// Looks for what keeps any of them from its place. An artifact that need not exist and does not is left out.
async fn check(staged: Vec<Staged<'_>>) -> Result<Vec<(&ArtifactOutput, Checked)>, BuildError> {
    let mut good = Vec::with_capacity(staged.len());
    for (artifact, destination, staging) in staged {
        let checked = tokio::task::spawn_blocking(move || staging.check(destination)).await;
        match checked.expect("looking does not panic") {
            Ok(checked) => good.push((artifact, checked)),
            Err(PlaceError::Nothing) if artifact.if_exists => {}
            Err(error) => return Err(fault(artifact, &error)),
        }
    }
    Ok(good)
}

async fn place(executor: &Executor, artifact: &ArtifactOutput, checked: Checked) -> Result<(), BuildError> {
    // Files are made durable, which takes time.
    let placed = tokio::task::spawn_blocking(move || checked.place()).await.expect("placing does not panic");
    for path in placed.map_err(|error| fault(artifact, &error))? {
        let (target, source) = (artifact.target.clone(), artifact.source.clone());
        executor.tell(Event::ArtifactSaved { target, source, path });
    }
    Ok(())
}

fn fault(artifact: &ArtifactOutput, error: &PlaceError) -> BuildError {
    let ArtifactOutput { location, source, dest, .. } = artifact;
    let message = format!("{location}: cannot save artifact `{source}` to `{dest}`: {error}");
    BuildError::Output { message, help: help(error) }
}

/// What to do about an artifact that was not saved.
fn help(error: &PlaceError) -> Option<String> {
    match error {
        PlaceError::Outside(_) => Some("choose a path below the Buildfile's directory, or add `--force`".to_owned()),
        PlaceError::DirectoryOverFile { .. } | PlaceError::FileAbove { .. } => {
            Some("remove the file, or choose another name".to_owned())
        }
        PlaceError::Io(IoError { path, source, .. }) => match source.kind() {
            ErrorKind::PermissionDenied => {
                let path = path.display();
                Some(format!("see who may write there with `ls -ld {path}`, or choose another place"))
            }
            ErrorKind::ReadOnlyFilesystem => Some("choose a place on a file system that can be written to".to_owned()),
            ErrorKind::StorageFull => Some("make room there, or choose another place".to_owned()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::EngineError;
    use crate::source::Location;

    #[test]
    fn only_what_is_about_the_output_is_told_of_it() {
        let place = Location { file: "Buildfile".into(), line: 3, column: 5 };
        for (error, of_output) in [
            (EngineError::Other("no space left".to_owned()), true),
            (EngineError::Defect("it was taken for another".to_owned()), false),
            (EngineError::Connection { action: "talk".to_owned(), message: "closed".to_owned() }, false),
        ] {
            let told = unwritten(&place, error.clone().into());
            assert_eq!(matches!(told, BuildError::Output { .. }), of_output, "{error}");
        }
    }

    #[test]
    fn what_is_in_the_way_is_told_with_what_to_do() {
        let denied = IoError::on("write in", "/srv/out".as_ref())(ErrorKind::PermissionDenied.into());
        assert_eq!(denied.to_string(), "cannot write in `/srv/out`: permission denied");
        for (error, expected) in [
            (denied.into(), "see who may write there with `ls -ld /srv/out`"),
            (PlaceError::FileAbove { path: "/srv/out".into() }, "remove the file"),
        ] {
            let help = help(&error).unwrap();
            assert!(help.starts_with(expected), "{error}: {help}");
        }
        assert_eq!(help(&PlaceError::Nothing), None);
    }
}
