//! Everything that rbuild keeps.

use super::item::{Item, Kind, Part};
use super::machine;
use crate::engine::EngineError;
use crate::engine::buildkit::{Record, RecordKind, Records};
use crate::engine::docker::{Docker, Stored, Thing};
use crate::image_name::ImageName;
use crate::lock::{LockDir, LockError, LockKey};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How old a container must be that does not run, or an image that a step begins with, to be left over: a living client needs it for
/// seconds.
const LEFT_OVER: Duration = Duration::from_secs(3600);

/// The namespace that users have who name none. What belongs to no namespace is theirs.
pub const DEFAULT_NAMESPACE: &str = "rbuild";

/// Where to look.
pub struct Gathering<'a> {
    /// The engine.
    pub docker: &'a Docker,
    /// Its build cache.
    pub records: &'a Records,
    /// The locks of this machine.
    pub locks: &'a LockDir,
    /// The cache directory.
    pub cache_dir: &'a Path,
    /// The prefix of caches and data roots; others are not looked at. With any but the default one nothing else is looked at either:
    /// who keeps apart does not remove what all others share.
    pub namespace: &'a str,
    /// The image that gives the kit which is of use now.
    pub dockerd_image: &'a str,
    /// What time it is.
    pub now: SystemTime,
}

/// Why it is not known what there is.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// The engine did not tell.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The locks could not be looked at.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The cache directory could not be read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl Gathering<'_> {
    /// Lists everything, by kind and name.
    ///
    /// # Errors
    /// When the engine or the cache directory does not tell.
    pub async fn items(&self) -> Result<Vec<Item>, GatherError> {
        let (stored, records, kit) = tokio::try_join!(self.docker.stored(), self.records.list(), self.kit_image())?;
        let running: Vec<String> = stored
            .iter()
            .filter(|one| one.thing == Thing::Container { running: true })
            .map(|one| one.name.clone())
            .collect();
        let mut items = from_engine(stored, self.namespace, kit.as_deref(), self.now);
        items.extend(records.into_iter().filter_map(|record| from_record(record, self.namespace)));
        let own = machine::items(self.cache_dir)?.into_iter();
        items.extend(own.filter(|item| item.kind != Kind::DataRoot || is_within(&item.name, self.namespace)));
        for item in &mut items {
            if let Part::Root(found) = &item.part
                && running.contains(&found.container)
            {
                item.busy = Some(format!("in use by container {}", found.container));
            }
        }
        items.retain(|item| self.namespace == DEFAULT_NAMESPACE || item.kind.is_namespaced());
        for item in &mut items {
            self.look(item)?;
        }
        items.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
        Ok(items)
    }

    async fn kit_image(&self) -> Result<Option<String>, EngineError> {
        match ImageName::parse(self.dockerd_image) {
            Ok(name) => self.docker.image_id(&name).await,
            Err(_) => Ok(None),
        }
    }

    /// What the locks say: who holds it, and when it was last held.
    fn look(&self, item: &mut Item) -> Result<(), LockError> {
        for key in &item.locks {
            let look = self.locks.look(key)?;
            // Locks of a clone say nothing of the use of each tree.
            if item.kind.is_namespaced() {
                item.used = item.used.max(look.taken);
            }
            if look.held {
                let holders: Vec<String> = look.holders.iter().map(ToString::to_string).collect();
                let holders = if holders.is_empty() { "somebody".to_owned() } else { holders.join(" and ") };
                item.busy = Some(format!("held by {holders}"));
            }
        }
        Ok(())
    }
}

/// What rbuild has stored, as items. A kit goes with its mark.
pub(super) fn from_engine(stored: Vec<Stored>, namespace: &str, kit_image: Option<&str>, now: SystemTime) -> Vec<Item> {
    let old =
        |made: Option<SystemTime>| made.is_some_and(|made| now.duration_since(made).is_ok_and(|age| age >= LEFT_OVER));
    let left: Vec<String> = stored
        .iter()
        .filter(|one| one.thing == Thing::Container { running: false } && old(one.made))
        .map(|one| one.name.clone())
        .collect();
    let (marks, things): (Vec<Stored>, Vec<Stored>) =
        stored.into_iter().partition(|one| one.label("kind") == Some("kit-mark"));
    let kits: Vec<String> =
        things.iter().filter(|one| one.label("kind") == Some("kit")).map(|one| one.name.clone()).collect();
    let mut items: Vec<Item> = things
        .into_iter()
        .filter_map(|one| {
            let kind = kind(&one)?;
            let (name, locks) = match kind {
                Kind::DataRoot => {
                    let root = format!("{}/{}", one.label("pool")?, one.label("number")?);
                    (root.clone(), vec![LockKey::new("docker-root", root)])
                }
                Kind::CacheVolume => {
                    let id = one.label("cache")?.to_owned();
                    (id.clone(), vec![LockKey::new("cache", id)])
                }
                _ => (one.name.clone(), Vec::new()),
            };
            if kind.is_namespaced() && !is_within(&name, namespace) {
                return None;
            }
            // Containers that are left over go first, and hold nothing.
            let user = one.users.iter().find(|user| !left.contains(user));
            let busy = match one.thing {
                Thing::Container { running: true } => Some("it runs".to_owned()),
                Thing::Container { running: false } if !old(one.made) => Some("it was made just now".to_owned()),
                // Its client is about to make a container of it.
                _ if kind == Kind::State && !old(one.made) => Some("a step began with it just now".to_owned()),
                _ => user.map(|user| format!("in use by container {user}")),
            };
            let stale = match kind {
                Kind::Container => true,
                Kind::State => old(one.made),
                // What a step left that failed in `TRY`; only its own build uses it.
                Kind::Result => one.name.ends_with("-failed") && old(one.made),
                Kind::Kit => kit_image.is_some_and(|image| one.label("image") != Some(image)),
                _ => false,
            };
            let mut parts: Vec<Stored> =
                marks.iter().filter(|mark| mark.label("kit") == Some(&one.name)).cloned().collect();
            let (size, used) = (one.size, one.made);
            parts.push(one);
            Some(Item { kind, name, size, used, busy, stale, locks, part: Part::Stored(parts) })
        })
        .collect();
    // Marks whose kit is gone.
    items.extend(marks.into_iter().filter(|mark| !kits.iter().any(|kit| mark.label("kit") == Some(kit))).map(|mark| {
        Item {
            kind: Kind::Kit,
            name: mark.name.clone(),
            size: mark.size,
            used: mark.made,
            busy: None,
            stale: old(mark.made),
            locks: Vec::new(),
            part: Part::Stored(vec![mark]),
        }
    }));
    items
}

fn kind(stored: &Stored) -> Option<Kind> {
    match (stored.label("kind")?, &stored.thing) {
        ("data-root", Thing::Volume) => Some(Kind::DataRoot),
        ("cache", Thing::Volume) => Some(Kind::CacheVolume),
        ("kit", Thing::Volume) => Some(Kind::Kit),
        // An image that was built on a result inherits the label; what has a name of the user's is the user's.
        ("with-docker" | "result", Thing::Image(names)) if are_own(names) => Some(Kind::Result),
        ("state" | "input", Thing::Image(names)) if are_own(names) => Some(Kind::State),
        ("step" | "kit", Thing::Container { .. }) => Some(Kind::Container),
        _ => None,
    }
}

/// Whether all names of an image are rbuild's own. One without names may be the parent of somebody's, and takes no room of its own then.
fn are_own(names: &[String]) -> bool {
    !names.is_empty() && names.iter().all(|name| name.starts_with("rbuild/"))
}

pub(super) fn from_record(record: Record, namespace: &str) -> Option<Item> {
    let mut locks = Vec::new();
    let (kind, name) = match record.kind {
        RecordKind::Mount(id) if is_within(&id, namespace) => {
            locks.push(LockKey::new("cache", id.clone()));
            (Kind::CacheMount, id)
        }
        // Another namespace's: out of reach.
        RecordKind::Mount(id) if id.contains("/id/") || id.contains("/target/") => return None,
        RecordKind::Mount(id) => (Kind::Engine, id),
        RecordKind::Context => (Kind::Contexts, record.id.clone()),
        RecordKind::Result => (Kind::Results, record.id.clone()),
        RecordKind::Unknown => (Kind::Engine, record.id.clone()),
    };
    Some(Item {
        kind,
        name,
        size: Some(record.size),
        used: record.used,
        busy: record.in_use.then(|| "the engine needs it".to_owned()),
        stale: false,
        locks,
        part: Part::Record(record.id),
    })
}

/// Whether an id begins with a namespace.
fn is_within(id: &str, namespace: &str) -> bool {
    id.strip_prefix(namespace).is_some_and(|rest| rest.starts_with('/'))
}
