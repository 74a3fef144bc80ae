//! Build contexts: the part of a directory that is sent to the engine.

use super::follow::follow;
use super::ignore::Marks;
use super::include::Reach;
use super::staging::is_staging_name;
use super::{Ignore, Include, IoError};
use crate::tree::{Entry, EntryKind, Tree};
use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// The part of a directory that some sources of COPY name, without what its ignore file leaves out.
///
/// Directories above an included entry belong to it. Links are sent as links and never followed out of the directory; where a source itself is
/// or passes through a link, what it leads to belongs to the context. Owners are left out (all is 0:0), since a checkout's owner says nothing
/// about the build, and would make two users' builds differ. What other processes stage for their outputs is left out.
#[derive(Debug, Clone)]
pub struct Context {
    root: PathBuf,
    includes: Vec<Include>,
    ignore: Ignore,
}

/// What a context holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Its entries, in the order that [`Tree::entries`] promises.
    pub entries: Vec<Entry>,
    /// Paths of sockets, pipes and devices, which cannot be sent.
    pub skipped: Vec<String>,
}

impl Context {
    /// The part of `root` that `includes` name (all of it if there are none), without what `ignore` leaves out. Nothing is read yet.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>, includes: Vec<Include>, ignore: Ignore) -> Self {
        Self { root: root.into(), includes, ignore }
    }

    /// The directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Lists the context. Only directories that can hold something of it are read; what disappears meanwhile is not listed.
    ///
    /// # Errors
    /// When a directory or an entry cannot be read, or when a name is not UTF-8.
    pub fn list(&self) -> Result<Listing, IoError> {
        let mut includes = self.includes.clone();
        includes.extend(follow(&self.root, &self.includes)?);
        let mut walk =
            Walk { includes: &includes, ignore: &self.ignore, above: Vec::new(), listing: Listing::default() };
        let names = sorted_names(&self.root)?;
        walk.directory(&self.root, names, &Place::root(&includes))?;
        Ok(walk.listing)
    }
}

impl Tree for Context {
    fn entries(&self) -> io::Result<Vec<Entry>> {
        Ok(self.list()?.entries)
    }

    fn open(&self, path: &str) -> io::Result<File> {
        let whole = self.root.join(path);
        if !Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "it is no path of the build context");
            return Err(IoError { verb: "read", path: whole, source }.into());
        }
        Ok(File::open(&whole).map_err(IoError::on("read", &whole))?)
    }
}

/// Where the walk is.
struct Place {
    path: String,
    depth: usize,
    reach: Reach,
    marks: Marks,
}

impl Place {
    fn root(includes: &[Include]) -> Self {
        Self { path: String::new(), depth: 0, reach: Reach::root(includes), marks: Marks::default() }
    }
}

struct Walk<'a> {
    includes: &'a [Include],
    ignore: &'a Ignore,
    /// Directories that are listed as soon as something below them is.
    above: Vec<Entry>,
    listing: Listing,
}

impl Walk<'_> {
    fn directory(&mut self, dir: &Path, names: Vec<OsString>, at: &Place) -> Result<(), IoError> {
        for name in names {
            let text = name.to_string_lossy();
            let reach = at.reach.step(self.includes, at.depth, &text);
            if reach.is_nothing() || is_staging_name(&text) {
                continue;
            }
            let path = if at.path.is_empty() { text.clone().into_owned() } else { format!("{}/{text}", at.path) };
            let marks = self.ignore.mark(&at.marks, &path);
            let excluded = self.ignore.verdict(&marks);
            if excluded && !self.ignore.may_include_below(&path) {
                continue;
            }
            let file = dir.join(&name);
            let data = match std::fs::symlink_metadata(&file) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                data => data.map_err(IoError::on("look at", &file))?,
            };
            let belongs = reach.is_all() && !excluded;
            if !belongs && !data.is_dir() {
                continue;
            }
            if name.to_str().is_none() {
                return Err(not_utf8(&file, "its name is not UTF-8"));
            }
            let Some(entry) = entry(&file, path, &data)? else {
                self.listing.skipped.push(if at.path.is_empty() {
                    text.into_owned()
                } else {
                    format!("{}/{text}", at.path)
                });
                continue;
            };
            if data.is_dir() {
                let place = Place { path: entry.path.clone(), depth: at.depth + 1, reach, marks };
                self.enter(&file, entry, belongs, &place)?;
            } else {
                self.emit(entry);
            }
        }
        Ok(())
    }

    fn enter(&mut self, dir: &Path, entry: Entry, belongs: bool, place: &Place) -> Result<(), IoError> {
        let names = match sorted_names(dir) {
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => return Ok(()),
            names => names?,
        };
        if belongs {
            self.emit(entry);
            return self.directory(dir, names, place);
        }
        self.above.push(entry);
        let above = self.above.len();
        self.directory(dir, names, place)?;
        // still there: nothing below it was listed
        if self.above.len() == above {
            self.above.pop();
        }
        Ok(())
    }

    fn emit(&mut self, entry: Entry) {
        self.listing.entries.append(&mut self.above);
        self.listing.entries.push(entry);
    }
}

/// The names in a directory, sorted by their bytes.
fn sorted_names(dir: &Path) -> Result<Vec<OsString>, IoError> {
    let listing = std::fs::read_dir(dir).map_err(IoError::on("list", dir))?;
    let mut names = listing
        .map(|entry| Ok(entry?.file_name()))
        .collect::<io::Result<Vec<_>>>()
        .map_err(IoError::on("list", dir))?;
    names.sort_unstable();
    Ok(names)
}

/// Describes what lies at a path, or says `None` if it is no part of a tree.
fn entry(file: &Path, path: String, data: &Metadata) -> Result<Option<Entry>, IoError> {
    let kind = if data.is_dir() {
        EntryKind::Directory
    } else if data.is_file() {
        EntryKind::File { size: data.len() }
    } else if data.is_symlink() {
        let target = std::fs::read_link(file).map_err(IoError::on("read the link", file))?;
        match target.into_os_string().into_string() {
            Ok(target) => EntryKind::Symlink { target },
            Err(_) => return Err(not_utf8(file, "where this link points to is not UTF-8")),
        }
    } else {
        return Ok(None);
    };
    let modified_ns = data.mtime().saturating_mul(1_000_000_000).saturating_add(data.mtime_nsec());
    Ok(Some(Entry { path, kind, mode: data.mode() & 0o7777, uid: 0, gid: 0, modified_ns }))
}

fn not_utf8(file: &Path, why: &'static str) -> IoError {
    IoError { verb: "send", path: file.to_owned(), source: io::Error::new(io::ErrorKind::InvalidData, why) }
}

#[cfg(test)]
#[path = "context_tests.rs"]
mod tests;
