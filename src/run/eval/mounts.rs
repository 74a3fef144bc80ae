//! Mounts of steps: `CACHE` and `RUN --mount`.

use super::fault::Eval;
use super::paths::directory;
use super::recipe::Frame;
use super::state::CacheDir;
use crate::analysis::features::Version;
use crate::analysis::program::{Cache, Late, MountKind as Spec, MountSpec, Sharing, Step};
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::graph::op::{CacheSharing, CopyAction, Mount, MountKind};
use crate::graph::{FileAction, FileOp, Op};
use crate::source::Span;

/// Where a cache's first content has its directory.
const NEW_CACHE: &str = "/cache";
/// The usual umask of daemons.
const UMASK: u32 = 0o022;

impl Frame<'_> {
    /// Declares a directory that outlives the build, for the steps that follow.
    pub(super) async fn cache(&mut self, step: &Step, cache: &Cache) -> Eval<()> {
        let dir = self.expand_filled(&cache.dir, "the directory of `CACHE`").await?;
        let base = if dir.starts_with('/') { "/".to_owned() } else { self.working_dir(step.span).await? };
        let path = directory(&base, &dir);
        if path == "/" {
            return Err(Diagnostic::error("cache-root", cache.dir.span, "the root directory cannot be a cache")
                .help("name a directory below it")
                .into());
        }
        let id = match &cache.id {
            // An id that came out empty is none: what has none may not share one cache with all others of its kind.
            Some(id) => Some(self.expand(id).await?).filter(|id| !id.is_empty()),
            None => None,
        };
        let mode = self.mode(cache.mode.as_ref()).await?.unwrap_or_else(|| self.new_cache_mode());
        if !self.state.caches.iter().any(|held| held.path == path) {
            let id = self.cache_id(id.as_deref(), &path).await;
            self.state.persisted = None;
            self.state.caches.push(CacheDir {
                path,
                id,
                sharing: sharing(cache.sharing),
                mode,
                persist: cache.persist,
            });
        }
        Ok(())
    }

    /// All mounts of a step, by target path; `RUN --mount` wins over `CACHE`.
    pub(super) async fn mounts(&self, span: Span, specs: &[Late<MountSpec>]) -> Eval<Vec<Mount>> {
        let mut mounts: Vec<Mount> = Vec::new();
        for dir in self.state.caches.clone() {
            let base = self.new_cache(span, dir.mode);
            let kind = MountKind::Cache { id: dir.id, sharing: dir.sharing, readonly: false, base };
            mounts.push(Mount { target: dir.path, kind });
        }
        for spec in specs {
            let spec = match spec {
                Late::Known(spec) => spec.clone(),
                Late::Expand(template) => {
                    let text = self.expand(template).await?;
                    if self.evaluator.is_guess(&text) {
                        continue;
                    }
                    MountSpec::parse(&text).map_err(|error| Diagnostic {
                        help: error.help(),
                        ..Diagnostic::error(error.code(), template.span, error.to_string())
                    })?
                }
            };
            let mount = self.mount(span, spec).await?;
            mounts.retain(|held| held.target != mount.target);
            mounts.push(mount);
        }
        mounts.sort_by(|a, b| a.target.cmp(&b.target));
        Ok(mounts)
    }

    async fn mount(&self, span: Span, spec: MountSpec) -> Eval<Mount> {
        let base = if spec.target.starts_with('/') { "/".to_owned() } else { self.working_dir(span).await? };
        let target = directory(&base, &spec.target);
        let kind = match spec.kind {
            Spec::Cache { id, sharing: mode } => MountKind::Cache {
                id: self.cache_id(id.as_deref(), &target).await,
                sharing: sharing(mode),
                readonly: spec.readonly,
                base: self.new_cache(span, spec.mode.unwrap_or_else(|| self.new_cache_mode())),
            },
            Spec::Tmpfs => MountKind::Tmpfs,
            Spec::Secret { id } => MountKind::Secret { id, mode: spec.mode.unwrap_or(0o444), optional: false },
        };
        Ok(Mount { target, kind })
    }

    /// Before 1.0 a new cache directory has mode 0644, which only root can enter.
    fn new_cache_mode(&self) -> u32 {
        if self.unit.features.version >= Version::V1_0 { 0o755 } else { 0o644 }
    }

    /// What a new cache holds: an empty directory of this mode. Mode 0755 is what engines make by themselves.
    fn new_cache(&self, span: Span, mode: u32) -> Option<(crate::graph::Output, String)> {
        (mode != 0o755).then(|| {
            let name = format!("new cache directory {mode:04o}");
            let made = FileAction::Mkdir { path: NEW_CACHE.to_owned(), mode: mode & !UMASK, owner: None };
            let mut output = self.add_at(span, Op::File(FileOp { base: None, actions: vec![made] }), &name, false);
            if mode & UMASK != 0 {
                // The umask of the engine counts for what is made, and not for what is copied.
                let copy = CopyAction { mode: Some(mode), ..CopyAction::new(Some(output), NEW_CACHE, "/") };
                let op = Op::File(FileOp { base: None, actions: vec![FileAction::Copy(copy)] });
                output = self.add_at(span, op, &name, false);
            }
            (output, NEW_CACHE.to_owned())
        })
    }

    /// A cache's name in the engine: by its id, shared by all that use the id; without one, the target's own for each path.
    ///
    /// Clones of one repository share their caches; other directories have caches of their own.
    async fn cache_id(&self, id: Option<&str>, path: &str) -> String {
        let namespace = &self.evaluator.settings.cache_namespace;
        match id.filter(|_| self.unit.features.global_cache()) {
            Some(id) => format!("{namespace}/id/{id}"),
            None => {
                let owner = format!("{}+{}", self.project().await, self.key.target);
                format!("{namespace}/target/{}{path}", Digest::of(owner).hex())
            }
        }
    }

    /// The directory of the Buildfile in its repository, the same in every clone; without one, its path on this machine.
    pub(super) async fn project(&self) -> String {
        let git = self.evaluator.git(&self.key.dir).await;
        match git.repository().as_str() {
            "" => self.key.dir.display().to_string(),
            repository => format!("{repository}/{}", git.prefix),
        }
    }
}

fn sharing(sharing: Sharing) -> CacheSharing {
    match sharing {
        Sharing::Locked => CacheSharing::Locked,
        Sharing::Shared => CacheSharing::Shared,
        Sharing::Private => CacheSharing::Private,
    }
}
