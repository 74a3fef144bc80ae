//! Caches in registries: what is taken from them, and what goes there.

use super::executor::Executor;
use super::failure::BuildError;
use super::interrupt::Interrupt;
use crate::engine::{Engine, EngineError, RegistryCache};
use crate::event::{CacheNews, Event};
use crate::graph::{Graph, Op, Output, Plan};
use crate::image_name::ImageName;
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Which caches of registries an invocation uses.
#[derive(Debug, Clone, Default)]
pub struct CacheChoices {
    /// Results are taken from these.
    pub from: Vec<RegistryCache>,
    /// Whether they are also taken from the images that `SAVE IMAGE --cache-from` names.
    pub hinted: bool,
    /// Whether they are also taken from what was pushed by the names of `SAVE IMAGE --push`.
    pub pushed: bool,
    /// Whether images that are pushed tell how they came about.
    pub inline: bool,
    /// Where results go when something is pushed.
    pub to: Option<RegistryCache>,
}

/// The caches of an invocation, and how much is known of them.
#[derive(Debug, Default)]
pub struct Caches {
    choices: CacheChoices,
    named: Mutex<Named>,
    /// Whoever is about to ask the engine for something waits for who looks caches up.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Named {
    all: BTreeSet<RegistryCache>,
    /// Those that nobody has looked up.
    new: Vec<RegistryCache>,
}

impl Named {
    fn add(&mut self, cache: RegistryCache) {
        if self.all.insert(cache.clone()) {
            self.new.push(cache);
        }
    }
}

impl Caches {
    /// The caches that are known from the beginning.
    #[must_use]
    pub fn new(choices: CacheChoices) -> Self {
        let mut named = Named::default();
        choices.from.iter().for_each(|cache| named.add(cache.clone()));
        Self { choices, named: Mutex::new(named), turn: tokio::sync::Mutex::default() }
    }

    /// Adds an image that a Buildfile names: as one that it pushes, or as a cache.
    pub fn offer(&self, image: &ImageName, pushed: bool) {
        if if pushed { self.choices.pushed } else { self.choices.hinted } {
            let cache = RegistryCache::of_image(image.clone());
            self.named.lock().unwrap_or_else(PoisonError::into_inner).add(cache);
        }
    }

    /// Whether an image tells how it came about.
    #[must_use]
    pub fn inline(&self, pushed: bool) -> bool {
        self.choices.inline && pushed
    }

    /// Shows new caches to the engine, and tells what came of it.
    pub async fn look_up(&self, engine: &dyn Engine, tell: impl Fn(Event)) {
        let _turn = self.turn.lock().await;
        let new = std::mem::take(&mut self.named.lock().unwrap_or_else(PoisonError::into_inner).new);
        let found = join_all(new.iter().map(|cache| engine.read_cache(cache))).await;
        for (cache, found) in new.iter().zip(found) {
            let name = cache.name.familiar();
            tell(match found {
                Ok(true) => Event::RegistryCache { name, news: CacheNews::Found },
                Ok(false) => Event::RegistryCache { name, news: CacheNews::Missing },
                Err(error) => Event::Note(format!("nothing comes from the cache `{name}`: {error}")),
            });
        }
    }
}

/// Puts the results of a plan that is done into the cache that was chosen for them, if one was.
///
/// # Errors
/// When the engine cannot, or the registry does not take them.
pub async fn save_cache(executor: &Executor, plan: &Plan, interrupt: &Interrupt) -> Result<(), BuildError> {
    let Some(cache) = &executor.caches().choices.to else { return Ok(()) };
    let graph = Arc::new(plan.graph.clone());
    let results = results(plan, &graph);
    if results.is_empty() {
        return Ok(());
    }
    let name = cache.name.familiar();
    let writing = executor.engine().write_cache(&graph, &results, cache, executor.refuser());
    let written = tokio::select! {
        written = writing => written,
        () = interrupt.stopped() => return Err(BuildError::Interrupted),
    };
    match written {
        Ok(()) => executor.tell(Event::RegistryCache { name, news: CacheNews::Written }),
        // A step would have to run again, whose result is lost or whose files have changed since.
        Err(EngineError::Refused) => {
            let why = "a file of a build context changed while it was built";
            executor.tell(Event::Note(format!("the cache `{name}` was not written: {why}")));
        }
        Err(error) => {
            let message = format!("the cache `{name}` could not be written: {error}");
            return Err(BuildError::Output { message, help: None });
        }
    }
    Ok(())
}

/// What the targets end with, as far as an engine knows it.
fn results(plan: &Plan, graph: &Graph) -> Vec<Output> {
    let images = plan.images.iter().filter_map(|image| image.state.root);
    let goals = plan.goals.iter().map(|id| Output { vertex: *id, index: 0 });
    let is_of_engine =
        |output: &Output| graph.get(&output.vertex).is_some_and(|vertex| !matches!(vertex.op, Op::Host(_)));
    let mut seen = BTreeSet::new();
    images.chain(goals).filter(is_of_engine).filter(|output| seen.insert((output.vertex, output.index))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::script::Script;

    fn name(text: &str) -> ImageName {
        text.parse().unwrap()
    }

    async fn told(caches: &Caches) -> Vec<Event> {
        let told = Mutex::new(Vec::new());
        caches.look_up(&Script::default(), |event| told.lock().unwrap().push(event)).await;
        told.into_inner().unwrap()
    }

    fn missing(name: &str) -> Event {
        Event::RegistryCache { name: name.to_owned(), news: CacheNews::Missing }
    }

    #[tokio::test]
    async fn each_cache_is_looked_up_once() {
        let from = vec![RegistryCache::of_image(name("a:1"))];
        let caches = Caches::new(CacheChoices { from, hinted: true, ..CacheChoices::default() });
        caches.offer(&name("b"), false);
        caches.offer(&name("a:1"), false);
        caches.offer(&name("pushed"), true);
        assert_eq!(told(&caches).await, [missing("a:1"), missing("b:latest")]);
        assert_eq!(told(&caches).await, []);
        caches.offer(&name("late"), false);
        assert_eq!(told(&caches).await, [missing("late:latest")]);
    }

    #[tokio::test]
    async fn what_is_pushed_serves_where_it_was_asked_for() {
        let caches = Caches::new(CacheChoices { pushed: true, inline: true, ..CacheChoices::default() });
        caches.offer(&name("pushed"), true);
        caches.offer(&name("hinted"), false);
        assert_eq!(told(&caches).await, [missing("pushed:latest")]);
        assert!(caches.inline(true) && !caches.inline(false));
    }
}
