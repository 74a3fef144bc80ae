//! What lies below the cache directory.

use super::item::{Item, Kind, Part};
use crate::cache::{Durations, Skips, logs};
use crate::engine::docker::inner::found_roots;
use crate::lock::LockKey;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Where the data roots lie that are directories.
#[must_use]
pub fn data_roots(cache_dir: &Path) -> PathBuf {
    cache_dir.join("docker")
}

/// Lists what lies below the cache directory, but for locks, which stay for ever. What vanishes meanwhile was none of it.
///
/// # Errors
/// With the path, when a directory cannot be read.
pub fn items(cache_dir: &Path) -> io::Result<Vec<Item>> {
    let mut items = Vec::new();
    // The directory may be one that users have other files in.
    clones(&cache_dir.join("git"), &mut items)?;
    roots(cache_dir, &mut items)?;
    for (invocation, metadata) in entries(&logs(cache_dir))? {
        items.push(item(Kind::Logs, &invocation, &metadata, Vec::new())?);
    }
    for (record, metadata) in entries(&Skips::dir(cache_dir))? {
        items.push(item(Kind::Skip, &record, &metadata, Vec::new())?);
    }
    let memory = Durations::file(cache_dir);
    if let Ok(metadata) = memory.symlink_metadata() {
        items.push(item(Kind::Memory, &memory, &metadata, Vec::new())?);
    }
    Ok(items)
}

/// Data roots that are directories. What their daemons wrote may be readable for root only: nobody knows how much it is then.
fn roots(cache_dir: &Path, items: &mut Vec<Item>) -> io::Result<()> {
    for found in found_roots(&data_roots(cache_dir))? {
        let Ok(metadata) = found.path.symlink_metadata() else { continue };
        let name = format!("{}/{}", found.root.pool, found.root.number);
        items.push(Item {
            kind: Kind::DataRoot,
            locks: vec![LockKey::new("docker-root", name.clone())],
            name,
            size: size(&found.path, &metadata).ok(),
            used: metadata.modified().ok(),
            busy: None,
            stale: found.going,
            part: Part::Root(found),
        });
    }
    Ok(())
}

/// Clones and their trees: `git/<stem of the clone's lock>/trees/<tree>`. A tree is locked for as long as it is read.
fn clones(root: &Path, items: &mut Vec<Item>) -> io::Result<()> {
    let Ok(root) = root.canonicalize() else { return Ok(()) };
    for (place, metadata) in entries(&root)? {
        let stem = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !stem.starts_with("clone-") {
            continue;
        }
        let clone = LockKey::of_stem("clone", stem);
        let mut locks = vec![clone.clone()];
        let mut last = metadata.modified().ok();
        for (tree, metadata) in entries(&place.join("trees"))? {
            let lock = LockKey::new("tree", tree.display().to_string());
            let tree = item(Kind::Tree, &tree, &metadata, vec![clone.clone(), lock.clone()])?;
            last = last.max(tree.used);
            items.push(tree);
            locks.push(lock);
        }
        // The clone goes with all its trees.
        let mut whole = item(Kind::Clone, &place, &metadata, locks)?;
        let trees = items.iter().filter(|item| matches!(&item.part, Part::Path(path) if path.starts_with(&place)));
        let counted: u64 = trees.filter_map(|tree| tree.size).sum();
        whole.size = whole.size.map(|size| size.saturating_sub(counted));
        whole.used = last;
        items.push(whole);
    }
    Ok(())
}

fn item(kind: Kind, path: &Path, metadata: &Metadata, locks: Vec<LockKey>) -> io::Result<Item> {
    Ok(Item {
        kind,
        name: path.display().to_string(),
        size: Some(size(path, metadata)?),
        used: metadata.modified().ok().max(metadata.accessed().ok().filter(|_| metadata.is_file())),
        busy: None,
        stale: false,
        locks,
        part: Part::Path(path.to_owned()),
    })
}

/// Room on the disk, in bytes: files with several names count each time.
fn size(path: &Path, metadata: &Metadata) -> io::Result<u64> {
    let mut all = metadata.blocks().saturating_mul(512);
    if metadata.is_dir() {
        for (path, metadata) in entries(path)? {
            all = all.saturating_add(size(&path, &metadata)?);
        }
    }
    Ok(all)
}

/// The entries of a directory by name, links not followed. None where there is no directory.
fn entries(dir: &Path) -> io::Result<Vec<(std::path::PathBuf, Metadata)>> {
    let mut all = Vec::new();
    let listing = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(all),
        listing => listing.map_err(|error| at("read", dir, &error))?,
    };
    for entry in listing {
        let path = entry.map_err(|error| at("read", dir, &error))?.path();
        match path.symlink_metadata() {
            Ok(metadata) => all.push((path, metadata)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(at("look at", &path, &error)),
        }
    }
    all.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(all)
}

fn at(verb: &str, path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot {verb} `{}`: {error}", path.display()))
}
