//! Options about caches in registries.

use crate::engine::RegistryCache;
use clap::{ArgAction, Args};

/// Caches in registries.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Caches in registries")]
pub struct Caches {
    /// Take results of steps from the cache in an image
    ///
    /// One that was pushed with `--save-inline-cache`, or a cache of its own.
    #[arg(long, value_name = "IMAGE", value_parser = cache, action = ArgAction::Append)]
    pub cache_from: Vec<RegistryCache>,
    /// Take results of steps from what was pushed by the names of `SAVE IMAGE --push`
    #[arg(long, env = "RBUILD_USE_INLINE_CACHE")]
    pub use_inline_cache: bool,
    /// Put a cache into images that are pushed
    #[arg(long, env = "RBUILD_SAVE_INLINE_CACHE")]
    pub save_inline_cache: bool,
    /// Take results of steps from a cache of its own; with `--push`, also put them there
    ///
    /// A name, and attributes of BuildKit's registry cache: `example.com/app:cache,compression=zstd`. Only an engine with the containerd
    /// image store can write it.
    #[arg(long, value_name = "NAME[,ATTRIBUTE=VALUE]", value_parser = cache, env = "RBUILD_REMOTE_CACHE")]
    pub remote_cache: Option<RegistryCache>,
    /// Put the results of all steps into the remote cache, and not only those that targets end with
    #[arg(long, env = "RBUILD_MAX_REMOTE_CACHE")]
    pub max_remote_cache: bool,
}

impl Caches {
    /// Where results go that are pushed.
    #[must_use]
    pub fn remote(&self) -> Option<RegistryCache> {
        let remote = self.remote_cache.clone()?;
        Some(if self.max_remote_cache { remote.whole() } else { remote })
    }
}

fn cache(text: &str) -> Result<RegistryCache, String> {
    text.parse().map_err(|error: crate::engine::InvalidRegistryCache| error.to_string())
}
