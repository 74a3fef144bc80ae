//! Targets that build themselves. `BUILD` waits for nothing, so they are found when everything is evaluated.

use super::instance::{Instance, Key};
use crate::source::Span;
use std::collections::HashMap;
use std::sync::Arc;

/// A cycle of `BUILD` commands: its targets, the first one again at the end, and the command that closes it.
pub struct Circle {
    /// The targets in order.
    pub path: Vec<Arc<Key>>,
    /// The command.
    pub span: Span,
}

/// Every cycle that can be reached, each once. Takes time in proportion to the number of `BUILD`s.
pub fn circles(instances: &HashMap<Arc<Key>, Arc<Instance>>, starts: &[Arc<Key>]) -> Vec<Circle> {
    let mut found = Vec::new();
    let mut state: HashMap<&Arc<Key>, Visit> = HashMap::new();
    for start in starts {
        if state.contains_key(start) {
            continue;
        }
        state.insert(start, Visit::Open);
        // An instance, and how many of its commands have been followed: a path of our own, for chains may be long.
        let mut path: Vec<(&Arc<Key>, usize)> = vec![(start, 0)];
        while let Some((key, next)) = path.last_mut() {
            let Some((to, span)) = instances.get(*key).and_then(|instance| instance.builds.get(*next)) else {
                state.insert(*key, Visit::Done);
                path.pop();
                continue;
            };
            *next += 1;
            match state.get(to) {
                Some(Visit::Done) => {}
                Some(Visit::Open) => {
                    let from = path.iter().position(|(key, _)| *key == to).unwrap_or(0);
                    let keys = path[from..].iter().map(|(key, _)| (*key).clone()).chain([to.clone()]).collect();
                    found.push(Circle { path: keys, span: *span });
                }
                None => {
                    state.insert(to, Visit::Open);
                    path.push((to, 0));
                }
            }
        }
    }
    found
}

#[derive(Clone, Copy)]
enum Visit {
    Open,
    Done,
}
