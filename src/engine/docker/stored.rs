//! What rbuild has put into the engine beside its build cache: volumes, images and containers with the label `dev.rbuild.kind`.

use super::Docker;
use super::client::{status, words};
use super::inner::{INPUTS, used};
use crate::engine::EngineError;
use bollard::errors::Error as ApiError;
use bollard::models::{ContainerSummary, ContainerSummaryStateEnum as State};
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListImagesOptionsBuilder, ListVolumesOptionsBuilder, RemoveContainerOptionsBuilder,
    RemoveImageOptionsBuilder, RemoveVolumeOptions,
};
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

/// The label that everything of rbuild carries.
const KIND: &str = "dev.rbuild.kind";

/// A thing of rbuild's in the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// What sort of thing.
    pub thing: Thing,
    /// Its name: a volume's, a container's, an image's first one or its id.
    pub name: String,
    /// Its labels without the `dev.rbuild.` in front: `kind`, `pool`, `number`, `cache`, `image`.
    pub labels: HashMap<String, String>,
    /// Room in bytes that is free when it is gone, where the engine tells.
    pub size: Option<u64>,
    /// When it was made, or named the last time.
    pub made: Option<SystemTime>,
    /// Names of the containers that need it.
    pub users: Vec<String>,
}

/// What engines store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// A named volume.
    Volume,
    /// An image, with all its names. Without any it is known by its id.
    Image(Vec<String>),
    /// A container, and whether it runs.
    Container {
        /// Whether a process of it lives.
        running: bool,
    },
}

impl Stored {
    /// A label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }
}

impl Docker {
    /// Lists what is there. The engine measures it, which may take seconds.
    ///
    /// # Errors
    /// [`EngineError::Connection`].
    pub async fn stored(&self) -> Result<Vec<Stored>, EngineError> {
        let with_label = HashMap::from([("label".to_owned(), vec![KIND.to_owned()])]);
        let volumes = ListVolumesOptionsBuilder::default().filters(&with_label).build();
        let images = ListImagesOptionsBuilder::default().filters(&with_label).build();
        let of_inputs = HashMap::from([("reference".to_owned(), vec![INPUTS.to_owned()])]);
        let inputs = ListImagesOptionsBuilder::default().filters(&of_inputs).build();
        let containers = ListContainersOptionsBuilder::default().all(true).build();
        let asking = async {
            tokio::try_join!(
                self.api.list_volumes(Some(volumes)),
                self.api.list_images(Some(images)),
                self.api.list_images(Some(inputs)),
                self.api.list_containers(Some(containers)),
            )
        };
        let asking = async { asking.await.map_err(|error| self.fault("list what rbuild has stored", &error)) };
        let ((volumes, images, inputs, containers), usage) = tokio::try_join!(asking, self.disk_usage())?;
        let mut all = Vec::new();
        for volume in volumes.volumes.unwrap_or_default() {
            let mounts = |container: &&ContainerSummary| {
                container.mounts.iter().flatten().any(|mount| mount.name.as_ref() == Some(&volume.name))
            };
            all.push(Stored {
                thing: Thing::Volume,
                labels: own(volume.labels),
                size: usage.volumes.get(&volume.name).copied(),
                made: volume.created_at.and_then(|made| since_1970(made.unix_timestamp())),
                users: containers.iter().filter(mounts).map(name_of).collect(),
                name: volume.name,
            });
        }
        for image in images {
            let runs = |container: &&ContainerSummary| container.image_id.as_ref() == Some(&image.id);
            // An image made by a build may tell any time; when it got its name is the engine's own word.
            let named = self.named(&image.id).await?;
            let names: Vec<String> = image.repo_tags.into_iter().filter(|name| name != "<none>:<none>").collect();
            let marked = names.iter().filter_map(|name| since_1970(i64::try_from(used(name)?).ok()?)).max();
            all.push(Stored {
                name: names.iter().find(|name| used(name).is_none()).unwrap_or(&image.id).clone(),
                thing: Thing::Image(names),
                labels: own(image.labels),
                size: usage.images.get(&image.id).copied(),
                made: named.max(marked).max(since_1970(image.created)),
                users: containers.iter().filter(runs).map(name_of).collect(),
            });
        }
        // What steps run on has a label of its own, and was listed with the others.
        let theirs = inputs.into_iter().filter(|image| image.labels.get(KIND).is_none_or(|kind| kind != "state"));
        all.extend(theirs.flat_map(|image| image.repo_tags).filter_map(input));
        for container in containers {
            let labels = own(container.labels.clone().unwrap_or_default());
            if !labels.contains_key("kind") {
                continue;
            }
            all.push(Stored {
                thing: Thing::Container { running: runs(&container) },
                name: name_of(&container),
                labels,
                size: None,
                made: container.created.and_then(since_1970),
                users: Vec::new(),
            });
        }
        Ok(all)
    }

    /// When an image got its last name.
    async fn named(&self, id: &str) -> Result<Option<SystemTime>, EngineError> {
        match self.api.inspect_image(id).await {
            Ok(image) => {
                let time = image.metadata.and_then(|metadata| metadata.last_tag_time);
                Ok(time.and_then(|time| since_1970(time.unix_timestamp())))
            }
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(self.fault(&format!("look at the image `{id}`"), &error)),
        }
    }

    /// Removes a thing. Tells in words why it has to stay, when somebody came to use it meanwhile.
    ///
    /// # Errors
    /// [`EngineError::Connection`].
    pub async fn discard(&self, stored: &Stored) -> Result<Result<(), String>, EngineError> {
        let name = &stored.name;
        let removed = match &stored.thing {
            Thing::Volume => self.api.remove_volume(name, None::<RemoveVolumeOptions>).await,
            Thing::Container { .. } => {
                let options = RemoveContainerOptionsBuilder::default().v(true).build();
                self.api.remove_container(name, Some(options)).await
            }
            Thing::Image(names) => {
                self.discard_image(if names.is_empty() { std::slice::from_ref(name) } else { names }).await
            }
        };
        match removed {
            Ok(()) => Ok(Ok(())),
            Err(error) if status(&error) == Some(404) => Ok(Ok(())),
            Err(error) if status(&error) == Some(409) => Ok(Err(words(&error))),
            Err(error) => Err(self.fault(&format!("remove `{name}`"), &error)),
        }
    }

    async fn discard_image(&self, names: &[String]) -> Result<(), ApiError> {
        for name in names {
            let options = RemoveImageOptionsBuilder::default().build();
            self.api.remove_image(name, Some(options), None).await?;
        }
        Ok(())
    }
}

/// A name that an image of somebody's has for the time of one step; its tag begins with that time.
fn input(name: String) -> Option<Stored> {
    let (time, _) = name.strip_prefix(INPUTS)?.strip_prefix(':')?.split_once('-')?;
    Some(Stored {
        thing: Thing::Image(vec![name.clone()]),
        labels: HashMap::from([("kind".to_owned(), "input".to_owned())]),
        size: None,
        made: time.parse().ok().and_then(since_1970),
        users: Vec::new(),
        name,
    })
}

fn own(labels: HashMap<String, String>) -> HashMap<String, String> {
    let own =
        labels.into_iter().filter_map(|(name, value)| Some((name.strip_prefix("dev.rbuild.")?.to_owned(), value)));
    own.collect()
}

fn name_of(container: &ContainerSummary) -> String {
    let name = container.names.iter().flatten().next().map(|name| name.trim_start_matches('/').to_owned());
    name.or_else(|| container.id.clone()).unwrap_or_default()
}

/// Whether a process of it lives, or may: what the engine does not tell is taken for alive.
fn runs(container: &ContainerSummary) -> bool {
    !matches!(container.state, Some(State::CREATED | State::EXITED | State::DEAD))
}

fn since_1970(seconds: i64) -> Option<SystemTime> {
    let seconds = u64::try_from(seconds).ok().filter(|seconds| *seconds > 0)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_of_a_private_name_tells_its_time() {
        let made = |name: &str| input(name.to_owned()).map(|one| (one.made, one.thing));
        let name = "rbuild/with-docker-input:100-ab";
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        assert_eq!(made(name), Some((Some(time), Thing::Image(vec![name.to_owned()]))));
        for other in ["rbuild/with-docker-input-of-mine:100-ab", "rbuild/with-docker-input:latest", "busybox:latest"] {
            assert_eq!(made(other), None, "{other}");
        }
    }
}
