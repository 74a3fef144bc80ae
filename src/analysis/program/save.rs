//! `SAVE ARTIFACT` and `SAVE IMAGE`.

use crate::analysis::template::Template;
use crate::syntax::ast::Docs;

/// `SAVE ARTIFACT`
#[derive(Debug, Clone)]
pub struct SaveArtifact {
    /// The path or pattern in the target's file system.
    pub source: Template,
    /// Where it goes in the artifact tree; by default `./`.
    pub dest: Option<Template>,
    /// `AS LOCAL`
    pub local: Option<Template>,
    /// `--keep-ts`
    pub keep_ts: bool,
    /// `--keep-own`
    pub keep_own: bool,
    /// `--if-exists`
    pub if_exists: bool,
    /// `--symlink-no-follow`
    pub no_follow: bool,
    /// `--force`: the local path may lie outside the Buildfile's directory.
    pub force: bool,
    /// The comment above it.
    pub docs: Option<Docs>,
}

/// `SAVE IMAGE`
#[derive(Debug, Clone)]
pub struct SaveImage {
    /// The image's names; none is the old form that only hints at caching.
    pub names: Vec<Template>,
    /// `--push`
    pub push: bool,
    /// `--cache-from`: images that may hold results of steps.
    pub cache_from: Vec<Template>,
    /// `--insecure`: push over plain http.
    pub insecure: bool,
    /// `--no-manifest-list`
    pub no_manifest_list: bool,
    /// `--without-earthly-labels`
    pub without_labels: bool,
    /// The comment above it.
    pub docs: Option<Docs>,
}
