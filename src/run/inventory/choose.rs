//! Which things go.

use super::item::{Item, Kind};
use std::time::{Duration, SystemTime};

/// Without limits, what was used within this time stays.
pub const DEFAULT_AGE: Duration = Duration::from_secs(7 * 24 * 3600);

/// What the user asks to be removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// The engine's whole build cache as well, and, without other limits, everything.
    pub all: bool,
    /// What was not used for this long.
    pub age: Option<Duration>,
    /// The oldest, until the rest takes no more bytes than this.
    pub size: Option<u64>,
}

/// Chooses what goes, by its place in `items`, oldest first. What is busy stays. What is not known to be rbuild's own stays without
/// `all`, and does not count for the size then.
#[must_use]
pub fn choose(items: &[Item], limits: Limits, now: SystemTime) -> Vec<usize> {
    let in_scope = |item: &Item| limits.all || item.kind != Kind::Engine;
    let age = limits.age.or((!limits.all && limits.size.is_none()).then_some(DEFAULT_AGE));
    let everything = limits.all && limits.age.is_none() && limits.size.is_none();
    // A time in the future is that of another clock: just now. Of what is not known it cannot be said that it is old.
    let idle = |item: &Item| item.used.map(|used| now.duration_since(used).unwrap_or_default());
    let goes =
        |item: &Item| everything || item.stale || age.is_some_and(|age| idle(item).is_some_and(|idle| idle >= age));

    let mut order: Vec<usize> = (0..items.len()).filter(|&at| in_scope(&items[at])).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(idle(&items[at]).unwrap_or_default()));
    let mut left: u64 = order.iter().map(|&at| items[at].size.unwrap_or(0)).fold(0, u64::saturating_add);
    let mut chosen: Vec<bool> = vec![false; items.len()];
    for &at in &order {
        if items[at].busy.is_none() && goes(&items[at]) {
            chosen[at] = true;
            left -= items[at].size.unwrap_or(0).min(left);
        }
    }
    if let Some(size) = limits.size {
        for &at in &order {
            // What takes no room brings nothing.
            let room = items[at].size.unwrap_or(0);
            if left > size && room > 0 && !chosen[at] && items[at].busy.is_none() {
                chosen[at] = true;
                left -= room.min(left);
            }
        }
    }
    order.retain(|&at| chosen[at]);
    order
}
