//! Where data roots lie: in volumes of the engine, or in directories that the engine sees as this machine does.
//!
//! A directory of roots has a directory for each, named as its container: `data` is what the daemon gets, `about.json` says whose it is.
//! Its file `id` goes into the names of containers: whatever path leads to it, and from wherever, one root has one name.

use super::name::data_root_name;
use crate::engine::DataRoot;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// The end of the name of a root that is being removed.
const GOING: &str = ".going";

/// What the user chose. The directory is that of all roots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootChoice {
    /// Named volumes of the engine.
    Volume,
    /// Directories; where the engine cannot use them, that is an error.
    Directory(PathBuf),
    /// Directories where the engine can use them, else volumes.
    Auto(PathBuf),
}

/// Where roots lie, as far as is known by now.
#[derive(Debug)]
pub struct Places {
    choice: RootChoice,
    /// Whether the engine was seen not to be able to use directories.
    unfit: AtomicBool,
}

/// A root and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRoot {
    /// The root.
    pub root: DataRoot,
    /// The name of the container that uses it; of a volume it is the name too.
    pub name: String,
    /// Where it lies; `None` is a volume.
    pub directory: Option<RootDirectory>,
}

/// The place of a root in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootDirectory {
    /// What the daemon gets, absolute.
    pub path: PathBuf,
    /// What is in its file `nonce`: a container that reads the same sees the same directory.
    pub nonce: String,
}

/// A root that is found in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRoot {
    /// The root.
    pub root: DataRoot,
    /// The whole of it, absolute.
    pub path: PathBuf,
    /// The name of the container that uses it.
    pub container: String,
    /// Whether somebody had begun to remove it.
    pub going: bool,
}

#[derive(Serialize, Deserialize)]
struct About {
    pool: String,
    number: usize,
}

impl Places {
    /// Nothing is known yet but the choice.
    #[must_use]
    pub fn new(choice: RootChoice) -> Self {
        Self { choice, unfit: AtomicBool::new(false) }
    }

    /// The place of a root, made if it is a directory that is not there. `nonce` is a new word. The root's lock has to be held.
    ///
    /// # Errors
    /// With the path, when a directory cannot be made or written.
    pub fn of(&self, root: &DataRoot, nonce: &str) -> io::Result<KeptRoot> {
        match self.directory() {
            None => Ok(KeptRoot { root: root.clone(), name: data_root_name(root), directory: None }),
            Some(roots) => make(roots, root, nonce),
        }
    }

    /// The names of all containers that may use a root, wherever it lies.
    #[must_use]
    pub fn containers(&self, root: &DataRoot) -> Vec<String> {
        let name = data_root_name(root);
        match &self.choice {
            RootChoice::Volume => vec![name],
            RootChoice::Directory(roots) => in_directory(roots, &name).into_iter().collect(),
            RootChoice::Auto(roots) => in_directory(roots, &name).into_iter().chain([name]).collect(),
        }
    }

    /// Notes that the engine cannot use directories. Tells whether another place is to be tried: a volume, which every engine can use.
    pub fn refuse(&self) -> bool {
        self.unfit.store(true, Ordering::Relaxed);
        matches!(self.choice, RootChoice::Auto(_))
    }

    fn directory(&self) -> Option<&Path> {
        match &self.choice {
            RootChoice::Volume => None,
            RootChoice::Directory(roots) => Some(roots),
            RootChoice::Auto(roots) => (!self.unfit.load(Ordering::Relaxed)).then_some(roots),
        }
    }
}

fn make(roots: &Path, root: &DataRoot, nonce: &str) -> io::Result<KeptRoot> {
    fs::create_dir_all(roots).map_err(at("make", roots))?;
    let roots = &roots.canonicalize().map_err(at("look at", roots))?;
    let name = format!("{}-{}", data_root_name(root), id(roots, nonce)?);
    let whole = roots.join(&name);
    let path = whole.join("data");
    fs::create_dir_all(&path).map_err(at("make", &path))?;
    let about = whole.join("about.json");
    if !about.exists() {
        let text = serde_json::to_vec(&About { pool: root.pool.clone(), number: root.number });
        replace(&about, &text.expect("a string and a number are JSON"))?;
    }
    let told = path.join("nonce");
    fs::write(&told, format!("{nonce}\n")).map_err(at("write", &told))?;
    let directory = RootDirectory { path, nonce: nonce.to_owned() };
    Ok(KeptRoot { root: root.clone(), name, directory: Some(directory) })
}

/// The word that sets this directory of roots apart from all others; the first who asks makes it of `nonce`.
fn id(roots: &Path, nonce: &str) -> io::Result<String> {
    let file = roots.join("id");
    if !file.exists() {
        let new = roots.join(format!("id.{nonce}"));
        fs::write(&new, &nonce[..nonce.len().min(12)]).map_err(at("write", &new))?;
        let made = fs::hard_link(&new, &file);
        fs::remove_file(&new).map_err(at("remove", &new))?;
        match made {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(at("make", &file)(error)),
            _ => {}
        }
    }
    fs::read_to_string(&file).map_err(at("read", &file))
}

fn in_directory(roots: &Path, name: &str) -> Option<String> {
    let id = fs::read_to_string(roots.join("id")).ok()?;
    Some(format!("{name}-{id}"))
}

/// The roots in a directory, in the order of their names. Where there is no directory there are none.
///
/// # Errors
/// With the path, when a directory cannot be read.
pub fn found_roots(roots: &Path) -> io::Result<Vec<FoundRoot>> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(roots) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(found);
        }
        entries => entries.map_err(at("read", roots))?,
    };
    for entry in entries {
        let path = entry.map_err(at("read", roots))?.path();
        let about = fs::read(path.join("about.json")).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let (Some(About { pool, number }), Some(name)) = (about, path.file_name().and_then(|name| name.to_str()))
        else {
            continue;
        };
        let container = name.strip_suffix(GOING).unwrap_or(name).to_owned();
        let going = name.ends_with(GOING);
        found.push(FoundRoot { root: DataRoot { pool, number }, container, going, path });
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

/// Sets a root aside that is about to be removed, so that nobody takes what is left of it for whole. Gives where it is then.
///
/// # Errors
/// With the path, when it cannot be moved.
pub fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if name.ends_with(GOING) {
        return Ok(path.to_owned());
    }
    let aside = path.with_file_name(format!("{name}{GOING}"));
    fs::rename(path, &aside).map_err(at("move", path))?;
    Ok(aside)
}

/// Writes a file that others read meanwhile.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, text).map_err(at("write", &new))?;
    fs::rename(&new, path).map_err(at("make", path))
}

fn at(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    let path = path.display().to_string();
    move |error| io::Error::new(error.kind(), format!("cannot {verb} `{path}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(number: usize) -> DataRoot {
        DataRoot { pool: "rbuild/id/x".to_owned(), number }
    }

    #[test]
    fn a_directory_holds_roots_that_are_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let roots = dir.path().canonicalize().unwrap().join("docker");
        assert_eq!(found_roots(&roots).unwrap(), []);
        let places = Places::new(RootChoice::Directory(roots.clone()));
        assert_eq!(places.containers(&root(0)), [""; 0], "nobody has used one");
        let kept = places.of(&root(0), "0123456789abcdef").unwrap();
        assert_eq!(kept.name, format!("{}-0123456789ab", data_root_name(&root(0))));
        assert_eq!(places.containers(&root(0)), std::slice::from_ref(&kept.name));
        let again = places.of(&root(0), "another").unwrap();
        assert_eq!(again.name, kept.name, "the first one's word stays");
        let told = again.directory.unwrap();
        assert_eq!(fs::read_to_string(told.path.join("nonce")).unwrap(), "another\n");
        let found = |going| FoundRoot {
            root: root(0),
            path: roots.join(format!("{}{}", kept.name, if going { GOING } else { "" })),
            container: kept.name.clone(),
            going,
        };
        assert_eq!(found_roots(&roots).unwrap(), [found(false)]);
        let aside = set_aside(&found(false).path).unwrap();
        assert_eq!(set_aside(&aside).unwrap(), aside);
        assert_eq!(found_roots(&roots).unwrap(), [found(true)]);
    }

    #[test]
    fn volumes_take_over_where_directories_are_unfit() {
        let dir = tempfile::tempdir().unwrap();
        let of = |choice| Places::new(choice);
        let (volume, directory) = (of(RootChoice::Volume), of(RootChoice::Directory(dir.path().to_owned())));
        assert!(!volume.refuse() && !directory.refuse(), "the user's word counts");
        assert_eq!(volume.of(&root(1), "n").unwrap().name, data_root_name(&root(1)));
        let auto = of(RootChoice::Auto(dir.path().to_owned()));
        let first = auto.of(&root(1), "n").unwrap();
        assert!(first.directory.is_some());
        assert!(auto.refuse(), "volumes are left");
        assert!(auto.refuse(), "they are for each of the steps that got a directory at the same time, too");
        assert_eq!(auto.of(&root(1), "n").unwrap().directory, None);
        assert_eq!(auto.containers(&root(1)), [first.name, data_root_name(&root(1))]);
    }
}
