//! A directory that is not there, as an empty tree: whoever copies from it learns which file is missing.

use crate::tree::{Entry, Tree};
use std::fs::File;
use std::io;

/// An empty tree.
#[derive(Debug, Clone, Copy)]
pub struct Nothing;

impl Tree for Nothing {
    fn entries(&self) -> io::Result<Vec<Entry>> {
        Ok(Vec::new())
    }

    fn open(&self, path: &str) -> io::Result<File> {
        Err(io::Error::new(io::ErrorKind::NotFound, format!("`{path}` is not there")))
    }
}
