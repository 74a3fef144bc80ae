//! Moving what was prepared to its place, so that nobody ever sees half of it.
//!
//! All that can be known to be wrong is found before anything is changed. A file is placed by `rename`, which replaces a file or a link in one
//! step; a directory changes places with the one that it replaces. Nothing is written through a link that stands at the place itself.

use super::copy::copy_tree;
use super::destination::{Destination, Target};
use super::find::find_in;
use super::staging::{Staging, remove_tree};
use super::{IoError, OutsideError};
use crate::lock::{exchange, sync_file_system};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{DirBuilder, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Up to so many files are made durable one by one; more by one call for the whole file system.
const FEW: usize = 64;

/// Why an artifact was not placed.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// There is no artifact.
    #[error("there is nothing to save")]
    Nothing,
    /// One thing was expected.
    #[error("one artifact was expected, and {found} were found")]
    Several {
        /// How many there are.
        found: usize,
    },
    /// A pattern needs a directory to put its matches into.
    #[error("the artifact is a wildcard, but `AS LOCAL {text}` does not end with `/`")]
    NeedsDirectory {
        /// What was written.
        text: String,
    },
    /// There is a file where a directory on the way to the place would be.
    #[error("`{}` is a file, and a directory is needed there", path.display())]
    FileAbove {
        /// The file.
        path: PathBuf,
    },
    /// A directory does not replace a file.
    #[error("the artifact is a directory, but `{}` is a file", path.display())]
    DirectoryOverFile {
        /// The file.
        path: PathBuf,
    },
    /// A file does not replace a directory with something in it.
    #[error("the artifact is a file, but `{}` is a directory; end it with `/` to put the file into it", path.display())]
    FileOverDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// A directory that is somebody's work is not replaced.
    #[error(
        "the artifact is a directory and would replace `{}`, which holds `{name}`; end it with `/` to put the artifact into it",
        path.display()
    )]
    OverWork {
        /// The directory.
        path: PathBuf,
        /// What shows that.
        name: String,
    },
    /// Sockets, pipes and devices are no artifacts.
    #[error("`{}` is neither a file nor a directory nor a link", path.display())]
    Special {
        /// Its path in the artifact.
        path: PathBuf,
    },
    /// The place may not be written to.
    #[error(transparent)]
    Outside(#[from] OutsideError),
    /// The system refused something.
    #[error(transparent)]
    Io(#[from] IoError),
}

/// How two directory entries are swapped; tests put in a system that cannot.
type Exchange = fn(&Path, &Path) -> io::Result<()>;

impl Staging {
    /// Looks for what would keep what was prepared from its place, and changes nothing: whoever places several things knows before the
    /// first.
    ///
    /// # Errors
    /// If the destination's rules forbid it, or if the system refuses a look.
    pub fn check(self, destination: Destination) -> Result<Checked, PlaceError> {
        let tree = self.path();
        let mut names = names_in(&tree)?;
        names.sort_unstable();
        let mut files = Vec::new();
        check_content(&tree, &tree, &mut files)?;
        let checked = Checked { staging: self, destination, names, files };
        checked.plan(exchange)?;
        Ok(checked)
    }
}

/// What was prepared, and may go to its place.
#[derive(Debug)]
pub struct Checked {
    staging: Staging,
    destination: Destination,
    /// What lies at the top of what was prepared, in order.
    names: Vec<OsString>,
    /// The files that have to be durable before they are seen.
    files: Vec<PathBuf>,
}

impl Checked {
    /// Moves it to its place, and returns the paths that were placed. The place is looked at again, since time has passed.
    ///
    /// # Errors
    /// If the destination's rules forbid it by now (then nothing was changed), or if the system refuses.
    pub fn place(self) -> Result<Vec<PathBuf>, PlaceError> {
        self.place_by(exchange)
    }

    /// What [`Checked::place`] is going to move: from where, and to where. Each is a file or a whole directory.
    ///
    /// # Errors
    /// As for [`Staging::check`].
    pub fn moves(&self) -> Result<Vec<(PathBuf, PathBuf)>, PlaceError> {
        Ok(self.plan(exchange)?.0.moves)
    }

    fn place_by(self, exchange: Exchange) -> Result<Vec<PathBuf>, PlaceError> {
        let (mut placing, targets) = self.plan(exchange)?;
        make_durable(&self.staging.path(), &self.files)?;
        let parents: BTreeSet<PathBuf> =
            placing.moves.iter().filter_map(|(_, to)| Some(to.parent()?.to_owned())).collect();
        for parent in &parents {
            let mut builder = DirBuilder::new();
            builder.recursive(true).mode(0o755).create(parent).map_err(IoError::on("create", parent))?;
        }
        for (from, to) in std::mem::take(&mut placing.moves) {
            placing.put(&from, &to)?;
        }
        for parent in &parents {
            // A directory that cannot be opened or synced (some network file systems) is as durable as it gets.
            let _ = File::open(parent).and_then(|dir| dir.sync_all());
        }
        Ok(targets.into_iter().map(|target| target.to).collect())
    }

    /// The moves, and what they place.
    fn plan(&self, exchange: Exchange) -> Result<(Placing<'_>, Vec<Target>), PlaceError> {
        let tree = self.staging.path();
        let targets = self.destination.targets(self.names.clone())?;
        let mut placing = Placing::new(&self.staging, exchange);
        for Target { name, to, merge } in &targets {
            let from = name.as_ref().map_or_else(|| tree.clone(), |name| tree.join(name));
            let merge = *merge || must_merge(to, [&self.destination.base, &tree])?;
            placing.plan(&from, to, merge)?;
        }
        Ok((placing, targets))
    }
}

struct Placing<'a> {
    staging: &'a Staging,
    exchange: Exchange,
    moves: Vec<(PathBuf, PathBuf)>,
    /// Where copies for another file system are prepared, and the device of that.
    elsewhere: Option<(u64, Staging)>,
    copies: usize,
}

impl<'a> Placing<'a> {
    fn new(staging: &'a Staging, exchange: Exchange) -> Self {
        Self { staging, exchange, moves: Vec::new(), elsewhere: None, copies: 0 }
    }

    /// Finds the moves for one thing, and what forbids them.
    fn plan(&mut self, from: &Path, to: &Path, merge: bool) -> Result<(), PlaceError> {
        let new = look(from)?.ok_or(PlaceError::Nothing)?;
        let old = look(to)?;
        if let Some(old) = &old {
            // An existing link is replaced; but what the user sees there decides whether that is a mistake.
            let seen_as_file = if old.is_symlink() { to.is_file() } else { !old.is_dir() };
            if new.is_dir() && seen_as_file {
                return Err(PlaceError::DirectoryOverFile { path: to.to_owned() });
            }
            if !new.is_dir() && old.is_dir() && !names_in(to)?.is_empty() {
                return Err(PlaceError::FileOverDirectory { path: to.to_owned() });
            }
        }
        let replaces = new.is_dir() && !merge && old.as_ref().is_some_and(Metadata::is_dir);
        if let Some(name) = work_in(to).filter(|name| replaces && !from.join(name).exists()) {
            return Err(PlaceError::OverWork { path: to.to_owned(), name });
        }
        // In a merge that was asked for by `dir/`, a link to a directory is that directory.
        let is_there = old.is_some_and(|old| old.is_dir() || (merge && to.is_dir()));
        if !(merge && new.is_dir() && is_there) {
            self.moves.push((from.to_owned(), to.to_owned()));
            return Ok(());
        }
        let mut names = names_in(from)?;
        names.sort_unstable();
        for name in names {
            let to = to.join(&name);
            // Only the directory that was named may be a link; what is found below is not followed.
            let merge = look(&to)?.is_some_and(|old| old.is_dir());
            self.plan(&from.join(&name), &to, merge)?;
        }
        Ok(())
    }

    /// Moves one thing.
    fn put(&mut self, from: &Path, to: &Path) -> Result<(), PlaceError> {
        let Some(new) = look(from)? else { return Err(PlaceError::Nothing) };
        let old = look(to)?;
        // A directory that is moved must be writable, since its `..` changes.
        let new_mode = unlock_directory(from, &new)?;
        let old_mode = old.as_ref().map_or(Ok(None), |old| unlock_directory(to, old))?;
        let replaces_directory = old.as_ref().is_some_and(Metadata::is_dir);
        let result = match old {
            Some(_) if new.is_dir() || replaces_directory => self.swap(from, to),
            _ => std::fs::rename(from, to),
        };
        let restore = |path: &Path, mode: Option<Permissions>| {
            mode.map_or(Ok(()), |mode| std::fs::set_permissions(path, mode))
                .map_err(IoError::on("set the mode of", path))
        };
        match result {
            Ok(()) => Ok(restore(to, new_mode)?),
            Err(error) => {
                restore(from, new_mode)?;
                restore(to, old_mode)?;
                match error.kind() {
                    io::ErrorKind::CrossesDevices => self.put_by_copy(from, to),
                    // A mount point cannot be moved; one on the same file system shows itself only now.
                    io::ErrorKind::ResourceBusy if new.is_dir() && replaces_directory => {
                        self.plan(from, to, true)?;
                        std::mem::take(&mut self.moves).iter().try_for_each(|(from, to)| self.put(from, to))
                    }
                    _ => Err(IoError::on("replace", to)(error).into()),
                }
            }
        }
    }

    /// Replaces something where a directory is or was. What was there goes away with the staging directory.
    fn swap(&self, from: &Path, to: &Path) -> io::Result<()> {
        match (self.exchange)(from, to) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
            result => return result,
        }
        let aside = self.staging.aside();
        self.staging.move_aside(to)?;
        if let Err(error) = std::fs::rename(from, to) {
            std::fs::rename(&aside, to)?;
            return Err(error);
        }
        remove_tree(&aside)
    }

    /// Places something on another file system: a copy is prepared there first.
    fn put_by_copy(&mut self, from: &Path, to: &Path) -> Result<(), PlaceError> {
        let near = to.parent().unwrap_or(to);
        let device = std::fs::metadata(near).map_err(IoError::on("look at", near))?.dev();
        let (_, staging) = match self.elsewhere.take().filter(|(known, _)| *known == device) {
            Some(known) => self.elsewhere.insert(known),
            None => self.elsewhere.insert((device, Staging::new(near)?)),
        };
        self.copies += 1;
        let copy = staging.path().join(self.copies.to_string());
        copy_tree(from, &copy)?;
        let mut files = Vec::new();
        check_content(&copy, &copy, &mut files)?;
        make_durable(&copy, &files)?;
        Placing::new(staging, self.exchange).put(&copy, to)
    }
}

/// What lies at a path, links not followed, or `None` if nothing does.
fn look(path: &Path) -> Result<Option<Metadata>, IoError> {
    match std::fs::symlink_metadata(path) {
        Ok(data) => Ok(Some(data)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(IoError::on("look at", path)(error)),
    }
}

fn names_in(dir: &Path) -> Result<Vec<OsString>, IoError> {
    let listing = std::fs::read_dir(dir).map_err(IoError::on("list", dir))?;
    listing.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>().map_err(IoError::on("list", dir))
}

/// What shows that a directory is no output of a build: a repository or a Buildfile.
fn work_in(dir: &Path) -> Option<String> {
    let repository = dir.join(".git").exists().then(|| ".git".to_owned());
    repository.or_else(|| find_in(dir).map(|found| found.file_name))
}

/// Whether a directory cannot be replaced as a whole: it holds what we work with, or another file system is mounted there.
fn must_merge(to: &Path, holds: [&PathBuf; 2]) -> Result<bool, IoError> {
    let Some(data) = look(to)?.filter(Metadata::is_dir) else { return Ok(false) };
    let real = to.canonicalize().map_err(IoError::on("look at", to))?;
    for path in holds {
        if path.canonicalize().map_err(IoError::on("look at", path))?.starts_with(&real) {
            return Ok(true);
        }
    }
    let above = real.parent().map(look).transpose()?.flatten();
    Ok(above.is_none_or(|above| above.dev() != data.dev()))
}

/// Collects the files of a tree, and refuses what is no file.
fn check_content(path: &Path, tree: &Path, files: &mut Vec<PathBuf>) -> Result<(), PlaceError> {
    let Some(data) = look(path)? else { return Ok(()) };
    if data.is_dir() {
        let mode = unlock_directory(path, &data)?;
        for name in names_in(path)? {
            check_content(&path.join(name), tree, files)?;
        }
        mode.map_or(Ok(()), |mode| std::fs::set_permissions(path, mode))
            .map_err(IoError::on("set the mode of", path))?;
    } else if data.is_file() {
        files.push(path.to_owned());
    } else if !data.is_symlink() {
        return Err(PlaceError::Special { path: path.strip_prefix(tree).unwrap_or(path).to_owned() });
    }
    Ok(())
}

/// Sees to it that the files are on the disk before they get their names: after a power failure, nobody must find them empty.
fn make_durable(tree: &Path, files: &[PathBuf]) -> Result<(), IoError> {
    if files.len() > FEW {
        let dir = File::open(tree).map_err(IoError::on("open", tree))?;
        match sync_file_system(&dir) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
            result => return result.map_err(IoError::on("sync", tree)),
        }
    }
    for file in files {
        match File::open(file) {
            Ok(open) => open.sync_all().map_err(IoError::on("sync", file))?,
            // A file without permission to read is an artifact like any other.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(IoError::on("open", file)(error)),
        }
    }
    Ok(())
}

/// Gives ourselves full access to a directory; returns what has to be restored.
fn unlock_directory(path: &Path, data: &Metadata) -> Result<Option<Permissions>, IoError> {
    let old = data.permissions();
    if !data.is_dir() || old.mode() & 0o700 == 0o700 {
        return Ok(None);
    }
    let mode = Permissions::from_mode(old.mode() & 0o7777 | 0o700);
    std::fs::set_permissions(path, mode).map_err(IoError::on("set the mode of", path))?;
    Ok(Some(Permissions::from_mode(old.mode() & 0o7777)))
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
