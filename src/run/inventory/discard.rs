//! Letting things go.

use super::item::{Item, Part};
use crate::engine::EngineError;
use crate::engine::buildkit::Records;
use crate::engine::docker::Docker;
use crate::engine::docker::inner::{FoundRoot, set_aside};
use crate::lock::{Guard, HolderInfo, LockDir, LockError, LockMode};
use std::io;
use std::path::Path;

/// Where things go from.
pub struct Discarding<'a> {
    /// The engine.
    pub docker: &'a Docker,
    /// Its build cache.
    pub records: &'a Records,
    /// The locks of this machine.
    pub locks: &'a LockDir,
    /// An image with a shell, for what only root may remove.
    pub dockerd_image: &'a str,
    /// This process, as holder of locks.
    pub holder: HolderInfo,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Discarded {
    /// Places of the items that are gone.
    pub gone: Vec<usize>,
    /// Bytes that are free now, as far as is known.
    pub freed: u64,
    /// Places of those that have to stay after all, each with the reason.
    pub kept: Vec<(usize, String)>,
}

/// Why it went no further.
#[derive(Debug, thiserror::Error)]
pub enum DiscardError {
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A lock could not be tried.
    #[error(transparent)]
    Lock(#[from] LockError),
}

impl Discarding<'_> {
    /// Removes the chosen items: containers before what they need, the rest in the given order. What is locked or used by now stays.
    ///
    /// # Errors
    /// With what went so far, when the engine or the system refuses to go on.
    pub async fn discard(&self, items: &[Item], chosen: &[usize]) -> (Discarded, Result<(), DiscardError>) {
        let mut done = Discarded::default();
        let result = self.all(items, chosen, &mut done).await;
        (done, result)
    }

    async fn all(&self, items: &[Item], chosen: &[usize], done: &mut Discarded) -> Result<(), DiscardError> {
        let is_container = |at: &&usize| items[**at].kind == super::Kind::Container;
        let (first, rest): (Vec<&usize>, Vec<&usize>) = chosen.iter().partition(|at| is_container(at));
        let (records, things): (Vec<&usize>, Vec<&usize>) =
            rest.into_iter().partition(|at| matches!(items[**at].part, Part::Record(_)));
        for &at in first.into_iter().chain(things) {
            let item = &items[at];
            let _guards = match self.take(item)? {
                Ok(guards) => guards,
                Err(why) => {
                    done.kept.push((at, why));
                    continue;
                }
            };
            match self.one(item).await? {
                Ok(()) => {
                    done.gone.push(at);
                    done.freed += item.size.unwrap_or(0);
                }
                Err(why) => done.kept.push((at, why)),
            }
        }
        self.records(items, &records, done).await
    }

    /// Removes an item that is no record of the build cache.
    async fn one(&self, item: &Item) -> Result<Result<(), String>, EngineError> {
        match &item.part {
            Part::Stored(parts) => {
                for part in parts {
                    if let Err(why) = self.docker.discard(part).await? {
                        return Ok(Err(why));
                    }
                }
                Ok(Ok(()))
            }
            Part::Path(path) => Ok(remove(path).map_err(|error| error.to_string())),
            Part::Root(found) => self.root(found).await,
            Part::Record(_) => Ok(Ok(())),
        }
    }

    /// Removes a data root of this machine, where its files belong to root with the engine's help.
    async fn root(&self, found: &FoundRoot) -> Result<Result<(), String>, EngineError> {
        let aside = match set_aside(&found.path) {
            Ok(aside) => aside,
            Err(error) => return Ok(Err(error.to_string())),
        };
        match remove(&aside) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.docker.empty_directory(&aside, self.dockerd_image).await?;
                Ok(remove(&aside).map_err(|error| error.to_string()))
            }
            removed => Ok(removed.map_err(|error| error.to_string())),
        }
    }

    /// Removes records of the build cache, many at once: one goes only when those that were built on it are gone.
    async fn records(&self, items: &[Item], chosen: &[&usize], done: &mut Discarded) -> Result<(), DiscardError> {
        let (mut guards, mut going, mut ids) = (Vec::<Guard>::new(), Vec::new(), Vec::new());
        let mut held = std::collections::BTreeSet::new();
        for &&at in chosen {
            let Part::Record(id) = &items[at].part else { continue };
            // Several records may be of one cache.
            if !items[at].locks.iter().all(|key| held.contains(key)) {
                match self.take(&items[at])? {
                    Ok(taken) => {
                        held.extend(items[at].locks.iter().cloned());
                        guards.extend(taken);
                    }
                    Err(why) => {
                        done.kept.push((at, why));
                        continue;
                    }
                }
            }
            going.push(at);
            ids.push(id.clone());
        }
        if ids.is_empty() {
            return Ok(());
        }
        done.freed += self.records.remove(&ids).await?;
        let left: std::collections::HashSet<String> =
            self.records.list().await?.into_iter().map(|record| record.id).collect();
        for (at, id) in going.into_iter().zip(ids) {
            if left.contains(&id) {
                done.kept.push((at, "other records of the engine need it".to_owned()));
            } else {
                done.gone.push(at);
            }
        }
        Ok(())
    }

    /// Takes the locks of an item, or tells who has one.
    fn take(&self, item: &Item) -> Result<Result<Vec<Guard>, String>, LockError> {
        let mut guards = Vec::new();
        let mut keys: Vec<_> = item.locks.iter().collect();
        keys.sort();
        for key in keys {
            match self.locks.try_lock(key, LockMode::Exclusive, &self.holder)? {
                Some(guard) => guards.push(guard),
                None => return Ok(Err(format!("somebody took the lock of {key}"))),
            }
        }
        Ok(Ok(guards))
    }
}

/// Removes a file or a directory; one that is gone is no fault.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io::Error::new(error.kind(), format!("cannot remove `{}`: {error}", path.display())))
        }
        _ => Ok(()),
    }
}
