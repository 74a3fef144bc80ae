//! The directory that receives: entries and content to disk, never through a link.
//!
//! Two guards: an entry's parent must have been received as a directory, and each part of a path is opened relative to the one above
//! without following links, so that not even a directory that somebody swaps for a link meanwhile leads out.

use super::entry::{Entry, Kind};
use super::{ReceiveError, Received, Refusal};
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, Timespec, Timestamps};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// What a path was received as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Directory,
    File,
    Symlink,
}

/// A regular file that was announced and has no end yet.
#[derive(Debug)]
struct Unfinished {
    entry: Entry,
    size: u64,
    received: u64,
    /// Open from the first content on.
    file: Option<File>,
}

/// The directory that receives. Its methods block.
#[derive(Debug)]
pub(super) struct Disk {
    root: OwnedFd,
    written: HashMap<String, Written>,
    unfinished: HashMap<u32, Unfinished>,
    directories: Vec<Entry>,
    /// The directory that was opened last: entries come in the order of a walk.
    recent: Option<(String, OwnedFd)>,
    received: Received,
}

const OPEN_DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Disk {
    pub fn open(dir: &Path) -> Result<Self, ReceiveError> {
        // The directory itself is the caller's and may be named through links.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::openat(CWD, dir, flags, Mode::empty())
            .map_err(|error| disk("open", &dir.display().to_string(), error))?;
        Ok(Self {
            root,
            written: HashMap::new(),
            unfinished: HashMap::new(),
            directories: Vec::new(),
            recent: None,
            received: Received::default(),
        })
    }

    /// Makes what is announced: files empty, directories open to the user alone until the end.
    pub fn announce(&mut self, id: u32, entry: Entry) -> Result<(), ReceiveError> {
        let path = entry.path.clone();
        let refuse = |why| ReceiveError::Refused { path: path.clone(), why };
        let (parent, name) = split(&entry.path);
        if !parent.is_empty() && self.written.get(parent) != Some(&Written::Directory) {
            return Err(refuse(Refusal::Parent));
        }
        if self.written.contains_key(&entry.path) {
            return Err(refuse(Refusal::Twice));
        }
        let failed = |error| disk("create", &path, error);
        let made = match &entry.kind {
            Kind::Directory => {
                rustix::fs::mkdirat(self.directory(parent)?, name, Mode::RWXU).map_err(failed)?;
                self.received.directories += 1;
                self.directories.push(entry);
                Written::Directory
            }
            Kind::File { size } => {
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let mode = Mode::RUSR | Mode::WUSR;
                rustix::fs::openat(self.directory(parent)?, name, flags, mode).map_err(failed)?;
                self.received.files += 1;
                let size = *size;
                self.unfinished.insert(id, Unfinished { entry, size, received: 0, file: None });
                Written::File
            }
            Kind::HardLink(target) => {
                if self.written.get(target) != Some(&Written::File) {
                    return Err(refuse(Refusal::Link(target.clone())));
                }
                let (target_parent, target_name) = split(target);
                let from = self.walk(target_parent)?;
                let into = self.directory(parent)?;
                rustix::fs::linkat(from, target_name, into, name, AtFlags::empty()).map_err(failed)?;
                self.received.files += 1;
                Written::File
            }
            Kind::Symlink(target) => {
                let dir = self.directory(parent)?;
                rustix::fs::symlinkat(target.as_str(), dir, name).map_err(failed)?;
                rustix::fs::utimensat(dir, name, &times(entry.modified), AtFlags::SYMLINK_NOFOLLOW).map_err(failed)?;
                self.received.symlinks += 1;
                Written::Symlink
            }
        };
        self.written.insert(path, made);
        Ok(())
    }

    /// Appends to a file.
    pub fn content(&mut self, id: u32, bytes: &[u8]) -> Result<(), ReceiveError> {
        let mut unfinished = self.take(id)?;
        unfinished.received += bytes.len() as u64;
        if unfinished.received > unfinished.size {
            return Err(unfinished.wrong_size());
        }
        let mut file = self.opened(&mut unfinished)?;
        file.write_all(bytes).map_err(|error| disk("write", &unfinished.entry.path, error))?;
        unfinished.file = Some(file);
        self.received.bytes += bytes.len() as u64;
        self.unfinished.insert(id, unfinished);
        Ok(())
    }

    /// Ends a file: its time and mode.
    pub fn end(&mut self, id: u32) -> Result<(), ReceiveError> {
        let mut unfinished = self.take(id)?;
        if unfinished.received != unfinished.size {
            return Err(unfinished.wrong_size());
        }
        let file = self.opened(&mut unfinished)?;
        settle(&file, &unfinished.entry)
    }

    /// Ends the directory: times and modes of what is in it, from the leaves up, since a directory may forbid what is below it.
    pub fn finish(mut self) -> Result<Received, ReceiveError> {
        if let Some(left) = self.unfinished.values().next() {
            return Err(left.wrong_size());
        }
        self.recent = None;
        while let Some(entry) = self.directories.pop() {
            settle(&self.walk(&entry.path)?, &entry)?;
        }
        Ok(self.received)
    }

    fn take(&mut self, id: u32) -> Result<Unfinished, ReceiveError> {
        let unknown = || ReceiveError::Protocol(format!("content for entry {id}, which is no file or has its end"));
        self.unfinished.remove(&id).ok_or_else(unknown)
    }

    fn opened(&mut self, unfinished: &mut Unfinished) -> Result<File, ReceiveError> {
        if let Some(file) = unfinished.file.take() {
            return Ok(file);
        }
        let path = &unfinished.entry.path;
        let (parent, name) = split(path);
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat(self.directory(parent)?, name, flags, Mode::empty())
            .map(File::from)
            .map_err(|error| disk("open", path, error))
    }

    /// A received directory, opened; the empty path is the root.
    fn directory(&mut self, path: &str) -> Result<&OwnedFd, ReceiveError> {
        if path.is_empty() {
            return Ok(&self.root);
        }
        let opened = match self.recent.take() {
            Some((recent, opened)) if recent == path => opened,
            _ => self.walk(path)?,
        };
        Ok(&self.recent.insert((path.to_owned(), opened)).1)
    }

    fn walk(&self, path: &str) -> Result<OwnedFd, ReceiveError> {
        let failed = |error: rustix::io::Errno| disk("open", path, error);
        let mut at = rustix::fs::openat(&self.root, ".", OPEN_DIRECTORY, Mode::empty()).map_err(failed)?;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            at = rustix::fs::openat(&at, part, OPEN_DIRECTORY, Mode::empty()).map_err(failed)?;
        }
        Ok(at)
    }
}

impl Unfinished {
    fn wrong_size(&self) -> ReceiveError {
        let why = Refusal::Size { announced: self.size, received: self.received };
        ReceiveError::Refused { path: self.entry.path.clone(), why }
    }
}

/// Sets what is known of an entry; the mode last, as it may forbid the rest.
fn settle(opened: impl rustix::fd::AsFd, entry: &Entry) -> Result<(), ReceiveError> {
    let failed = |error| disk("set time and mode of", &entry.path, error);
    rustix::fs::futimens(&opened, &times(entry.modified)).map_err(failed)?;
    rustix::fs::fchmod(&opened, Mode::from_bits_truncate(entry.permissions as rustix::fs::RawMode)).map_err(failed)
}

fn times(modified: i64) -> Timestamps {
    const SECOND: i64 = 1_000_000_000;
    let time = Timespec { tv_sec: modified.div_euclid(SECOND), tv_nsec: modified.rem_euclid(SECOND) };
    Timestamps { last_access: time, last_modification: time }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn disk(verb: &'static str, path: &str, error: impl Into<io::Error>) -> ReceiveError {
    ReceiveError::Disk { verb, path: path.to_owned(), error: error.into() }
}
