//! `RUN`, and what is mounted into steps.

use super::{CommandLine, Flag, Late};
use crate::analysis::template::Template;

/// `RUN`
#[derive(Debug, Clone)]
pub struct Run {
    /// What runs. The shell form's text is opaque: its template is one literal part.
    pub command: CommandLine,
    /// `--no-cache`
    pub no_cache: Flag,
    /// `--push`
    pub push: Flag,
    /// `--privileged`
    pub privileged: Flag,
    /// `--entrypoint`: prefix the image's entry point.
    pub entrypoint: Flag,
    /// `--ssh`
    pub ssh: Flag,
    /// `--network=none`, which is the only value.
    pub network_none: Flag,
    /// `--secret`, in order.
    pub secrets: Vec<Late<Option<SecretSpec>>>,
    /// `--mount`, in order.
    pub mounts: Vec<Late<MountSpec>>,
    /// `--interactive`
    pub interactive: Flag,
    /// `--interactive-keep`
    pub interactive_keep: Flag,
    /// `--raw-output`
    pub raw_output: Flag,
}

/// `--secret [ENV=]id`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretSpec {
    /// The variable that gets the value.
    pub env: String,
    /// The secret's id.
    pub id: String,
}

/// `--mount type=…`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountSpec {
    /// What is mounted.
    pub kind: MountKind,
    /// `target`: an absolute path, or one relative to the working directory.
    pub target: String,
    /// `ro` or `readonly`
    pub readonly: bool,
    /// `mode` or `chmod`: permission bits.
    pub mode: Option<u32>,
}

/// Kinds of mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountKind {
    /// `type=cache`
    Cache {
        /// `id`
        id: Option<String>,
        /// `sharing`
        sharing: Sharing,
    },
    /// `type=tmpfs`
    Tmpfs,
    /// `type=secret`
    Secret {
        /// `id`; by default the target.
        id: String,
    },
}

/// Who may use a cache at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sharing {
    /// One step at a time.
    #[default]
    Locked,
    /// Any number of steps at once.
    Shared,
    /// Each step that runs at the same time gets a directory of its own.
    Private,
}

/// `CACHE`
#[derive(Debug, Clone)]
pub struct Cache {
    /// The directory; relative to the working directory.
    pub dir: Template,
    /// `--sharing`
    pub sharing: Sharing,
    /// `--chmod`
    pub mode: Option<Template>,
    /// `--id`
    pub id: Option<Template>,
    /// `--persist`
    pub persist: bool,
}
