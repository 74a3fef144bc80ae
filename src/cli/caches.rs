//! From options to caches in registries.

use super::arguments::Options;
use super::context::{Context, Ended};
use super::exit::Exit;
use crate::engine::{Engine, EngineError};
use crate::run::CacheChoices;

/// The caches that the options name. A build that wants no cached results takes none.
#[must_use]
pub fn choices(options: &Options) -> CacheChoices {
    let (caches, reads) = (&options.caches, !options.running.no_cache);
    CacheChoices {
        from: caches.cache_from.iter().chain(&caches.remote_cache).filter(|_| reads).cloned().collect(),
        hinted: reads,
        pushed: reads && caches.use_inline_cache,
        inline: caches.save_inline_cache,
        to: caches.remote(),
    }
}

/// Finds what keeps results from getting where they are to go, before a step runs. `writes`: whether they are to go anywhere.
///
/// # Errors
/// When there is something; it was said.
pub fn check(context: &Context, engine: &dyn Engine, writes: bool) -> Ended<()> {
    let (caches, push) = (&context.options.caches, context.options.output.push && writes);
    if caches.max_remote_cache && caches.remote_cache.is_none() {
        let message = "`--max-remote-cache` has no effect: there is no remote cache";
        return Err(context.fail(Exit::Usage, message, Some("name one with `--remote-cache NAME`")));
    }
    match engine.may_write_caches() {
        Err(error @ EngineError::Unsupported { .. }) if push && caches.remote_cache.is_some() => {
            let help = "write `--save-inline-cache` instead, which puts the cache into the images that are pushed; or leave out `--push`, and results are only taken from there";
            Err(context.fail(Exit::Environment, &error.to_string(), Some(help)))
        }
        _ => Ok(()),
    }
}
