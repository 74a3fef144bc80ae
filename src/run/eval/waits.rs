//! Who waits for whom: finds cycles before they would hang.

use super::instance::Key;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Edges between instances.
#[derive(Debug, Default)]
pub struct Waits {
    edges: HashMap<Arc<Key>, HashSet<Arc<Key>>>,
}

impl Waits {
    /// Notes that `from` needs `to`.
    ///
    /// # Errors
    /// The path of the cycle that this would close, from `to` back to `to`.
    pub fn add(&mut self, from: &Arc<Key>, to: &Arc<Key>) -> Result<(), Vec<Arc<Key>>> {
        if let Some(mut path) = self.path(to, from) {
            path.push(to.clone());
            return Err(path);
        }
        self.edges.entry(from.clone()).or_default().insert(to.clone());
        Ok(())
    }

    fn path(&self, from: &Arc<Key>, to: &Arc<Key>) -> Option<Vec<Arc<Key>>> {
        let mut came_from: HashMap<&Arc<Key>, &Arc<Key>> = HashMap::new();
        let mut open = vec![from];
        let mut seen: HashSet<&Arc<Key>> = HashSet::from([from]);
        while let Some(at) = open.pop() {
            if at == to {
                let mut path = vec![at.clone()];
                let mut step = at;
                while let Some(before) = came_from.get(step) {
                    path.push((*before).clone());
                    step = before;
                }
                path.reverse();
                return Some(path);
            }
            for next in self.edges.get(at).into_iter().flatten() {
                if seen.insert(next) {
                    came_from.insert(next, at);
                    open.push(next);
                }
            }
        }
        None
    }
}
