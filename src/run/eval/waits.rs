//! Who waits for whom: finds cycles before they would hang.

use super::instance::Key;
use std::collections::HashMap;
use std::sync::Arc;

/// The instances that wait, and for whom. A recipe is walked command by command, so each waits for one other at a time.
#[derive(Debug, Default)]
pub struct Waits {
    waiting: HashMap<Arc<Key>, Arc<Key>>,
}

impl Waits {
    /// Notes that `from` waits for `to` from now on.
    ///
    /// # Errors
    /// The path of the cycle that this would close, from `to` back to `to`.
    pub fn begin(&mut self, from: &Arc<Key>, to: &Arc<Key>) -> Result<(), Vec<Arc<Key>>> {
        let mut path = vec![to.clone()];
        let mut at = to;
        while at != from {
            let Some(next) = self.waiting.get(at) else {
                self.waiting.insert(from.clone(), to.clone());
                return Ok(());
            };
            path.push(next.clone());
            at = next;
        }
        path.push(to.clone());
        Err(path)
    }

    /// Notes that `from` waits no more.
    pub fn end(&mut self, from: &Arc<Key>) {
        self.waiting.remove(from);
    }
}
