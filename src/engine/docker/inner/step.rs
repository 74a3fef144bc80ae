//! What is to be run, with all that the graph leaves open settled.

use super::place::KeptRoot;
use crate::engine::Secret;
use crate::engine::docker::kit::Kit;
use crate::graph::Compose;
use crate::graph::op::{ExecCommand, Mount};
use std::net::IpAddr;

/// A step, ready to run.
pub struct Step {
    /// The image of the engine's store whose file system it runs on; it must have no volumes.
    pub state: String,
    /// The process.
    pub process: Process,
    /// Images that the inner daemon holds when the process begins.
    pub images: Vec<LoadedImage>,
    /// Services beside it.
    pub compose: Option<Compose>,
    /// Where the daemon keeps its data; `None`: it is thrown away.
    pub root: Option<KeptRoot>,
    /// The image that the result becomes: repository and tag, in their normal form.
    pub result: (String, String),
    /// What there is when its process fails.
    pub on_failure: Rest,
    /// Who runs it, for the container's label.
    pub client: String,
    /// The daemon, where the file system has none of its own.
    pub kit: Option<Kit>,
}

/// What there is of a step whose process failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rest {
    /// Nothing.
    Nothing,
    /// An image of the result's repository with this tag.
    Image(String),
    /// A shell at the observer's console, beside the daemon.
    Shell,
}

/// The step's process.
pub struct Process {
    /// What runs.
    pub command: ExecCommand,
    /// `NAME=value`, all of them.
    pub env: Vec<String>,
    /// Where, absolute.
    pub workdir: String,
    /// As whom; empty is root.
    pub user: String,
    /// Caches, secrets and tmpfs.
    pub mounts: Vec<Mount>,
    /// The secrets by their ids; those that are not given are left out.
    pub secrets: Vec<(String, Secret)>,
    /// Variables that get a secret's value: name and secret's id.
    pub secret_env: Vec<(String, String)>,
    /// Lines for `/etc/hosts`.
    pub hosts: Vec<(String, IpAddr)>,
}

impl Process {
    /// Puts a directory in front of those in which programs are looked for.
    pub fn prepend_path(&mut self, directory: &str) {
        let path = format!("PATH={directory}:{}", search_path(&self.env));
        self.env.retain(|pair| !pair.starts_with("PATH="));
        self.env.push(path);
    }

    /// The value of a secret.
    pub(super) fn secret(&self, id: &str) -> Option<&Secret> {
        self.secrets.iter().find(|(known, _)| known == id).map(|(_, secret)| secret)
    }
}

/// An image for the inner daemon.
pub struct LoadedImage {
    /// A name of it in the engine's store.
    pub source: String,
    /// What tells its content, in hexadecimal digits.
    pub content: String,
    /// The name that the inner daemon knows it by, in its short form.
    pub name: String,
}

/// Where programs are looked for, of an environment; the engine's default where it does not say.
#[must_use]
pub fn search_path(env: &[String]) -> &str {
    let own = env.iter().rev().find_map(|pair| pair.strip_prefix("PATH="));
    own.unwrap_or("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
}
