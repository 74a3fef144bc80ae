//! `COPY` and `ADD`.

use super::{ArtifactCall, Passing};
use crate::analysis::template::Template;

/// What all forms of `COPY` share.
#[derive(Debug, Clone)]
pub struct CopyOptions {
    /// The last word.
    pub dest: Template,
    /// `--dir`: copy the directories themselves, not their contents.
    pub dir: bool,
    /// `--chown user[:group]`
    pub chown: Option<Template>,
    /// `--chmod octal`
    pub chmod: Option<Template>,
    /// `--keep-ts`
    pub keep_ts: bool,
    /// `--keep-own`
    pub keep_own: bool,
    /// `--if-exists`
    pub if_exists: bool,
    /// `--symlink-no-follow`
    pub no_follow: bool,
}

/// `COPY` from the build context.
#[derive(Debug, Clone)]
pub struct CopyContext {
    /// Paths and patterns, relative to the Buildfile's directory. A source that expands to a text with `+` is an artifact reference.
    pub sources: Vec<Template>,
    /// How the targets of such artifacts are called.
    pub passing: Passing,
    /// `--platform`, for these targets.
    pub platform: Option<Template>,
    /// Heredocs among the sources, in order: name and text (1.0).
    pub texts: Vec<(String, Template)>,
    /// The rest.
    pub options: CopyOptions,
    /// `--exclude` (1.0)
    pub exclude: Vec<Template>,
    /// `--parents` (1.0)
    pub parents: bool,
}

/// `ADD`
#[derive(Debug, Clone)]
pub struct Add {
    /// Files, archives and addresses; what each is shows when it is expanded.
    pub sources: Vec<Template>,
    /// The rest.
    pub options: CopyOptions,
    /// `--exclude`
    pub exclude: Vec<Template>,
    /// `--checksum`: of the only source.
    pub checksum: Option<Template>,
    /// `--keep-git-dir`
    pub keep_git_dir: bool,
    /// `--unpack`; without it, archives of the build context are unpacked, and fetched ones are not.
    pub unpack: Option<bool>,
}

/// `COPY` of other targets' artifacts.
#[derive(Debug, Clone)]
pub struct CopyArtifacts {
    /// What to copy, in order.
    pub sources: Vec<ArtifactCall>,
    /// `--platform`
    pub platform: Option<Template>,
    /// The rest.
    pub options: CopyOptions,
    /// `--exclude` (1.0)
    pub exclude: Vec<Template>,
    /// `--parents` (1.0)
    pub parents: bool,
}
