//! Taking locks, and waiting for them.

use super::queue::{Queue, Ticket};
use super::{Guard, HolderInfo, LockDir, LockError, LockKey, LockMode};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The shortest and the longest pause between two attempts.
const PAUSE: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(100));
/// A pause is this part of the time that was waited so far: short locks are handed on quickly, long waits cost nothing.
const PATIENCE: u32 = 50;
/// After how many seconds a wait is told again; then each minute.
const REMINDERS: [u64; 5] = [5, 10, 20, 40, 60];

/// How to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitOptions {
    /// For how long, over all the locks of one call; `None` is for ever.
    pub timeout: Option<Duration>,
    /// When a wait is told for the first time. It is told again with growing pauses.
    pub announce_after: Duration,
}

impl Default for WaitOptions {
    fn default() -> Self {
        Self { timeout: None, announce_after: Duration::from_millis(500) }
    }
}

/// What is waited for, to be told to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The lock.
    pub key: LockKey,
    /// How it is wanted.
    pub mode: LockMode,
    /// Who holds it, as far as is known.
    pub holders: Vec<HolderInfo>,
    /// How many wait in front of us.
    pub ahead: usize,
    /// How long this lock has been waited for.
    pub waited: Duration,
}

impl LockDir {
    /// Takes several locks, waiting for each as long as it must.
    ///
    /// They are taken in the order of their keys, each in its strongest mode if it is named twice, and this is the only way to hold one while
    /// waiting for another; so two calls cannot wait for each other, as long as nobody calls this while holding a guard of an earlier call.
    /// Waiters are served in the order in which they came. Dropping the future gives back what was taken and all places in queues.
    ///
    /// # Errors
    /// When the time is over, or if the system refuses to make or to lock files.
    pub async fn lock(
        &self,
        wanted: &[(LockKey, LockMode)],
        holder: &HolderInfo,
        options: WaitOptions,
        mut on_wait: impl FnMut(Wait) + Send,
    ) -> Result<Vec<Guard>, LockError> {
        let mut ordered: BTreeMap<&LockKey, LockMode> = BTreeMap::new();
        for (key, mode) in wanted {
            let strongest = ordered.entry(key).or_insert(*mode);
            *strongest = (*strongest).max(*mode);
        }
        let deadline = options.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut guards = Vec::with_capacity(ordered.len());
        for (key, mode) in ordered {
            let mut turn = Turn::new(self, key, mode, holder, deadline, options.announce_after);
            let guard = loop {
                if turn.is_mine()?
                    && let Some(guard) = self.take(key, mode, holder)?
                {
                    break guard;
                }
                turn.pause(std::slice::from_ref(key), &mut on_wait).await?;
            };
            guards.push(guard);
        }
        Ok(guards)
    }

    /// Takes one of several locks exclusively, the first of `candidates` that is free and suits, waiting in the queue of `pool`.
    /// `suits` is asked while the lock is held; one that does not suit is given back at once, and looked at again later.
    ///
    /// It is for slots and pools: all users of a pool must name the same `pool`, and must take its locks in no other way.
    ///
    /// # Errors
    /// When the time is over, or if the system refuses to make or to lock files.
    pub async fn lock_any<F: Future<Output = bool> + Send>(
        &self,
        pool: &LockKey,
        candidates: &[LockKey],
        holder: &HolderInfo,
        options: WaitOptions,
        suits: impl Fn(LockKey) -> F + Send,
        mut on_wait: impl FnMut(Wait) + Send,
    ) -> Result<Guard, LockError> {
        let deadline = options.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut turn = Turn::new(self, pool, LockMode::Exclusive, holder, deadline, options.announce_after);
        loop {
            if turn.is_mine()?
                && let Some(guard) = self.take_any(candidates, holder, &suits).await?
            {
                return Ok(guard);
            }
            turn.pause(candidates, &mut on_wait).await?;
        }
    }

    /// As [`LockDir::lock_any`], but says `None` if that would mean to wait.
    ///
    /// # Errors
    /// If the system refuses to make or to lock files.
    pub async fn try_any<F: Future<Output = bool> + Send>(
        &self,
        pool: &LockKey,
        candidates: &[LockKey],
        holder: &HolderInfo,
        suits: impl Fn(LockKey) -> F + Send,
    ) -> Result<Option<Guard>, LockError> {
        if self.queue(pool).waiting(LockMode::Exclusive)? > 0 {
            return Ok(None);
        }
        self.take_any(candidates, holder, &suits).await
    }

    async fn take_any<F: Future<Output = bool> + Send>(
        &self,
        candidates: &[LockKey],
        holder: &HolderInfo,
        suits: &(impl Fn(LockKey) -> F + Send),
    ) -> Result<Option<Guard>, LockError> {
        for key in candidates {
            if let Some(guard) = self.take(key, LockMode::Exclusive, holder)? {
                let asked = suits(key.clone());
                if asked.await {
                    return Ok(Some(guard));
                }
            }
        }
        Ok(None)
    }
}

/// One wait in one queue.
struct Turn<'a> {
    key: &'a LockKey,
    mode: LockMode,
    dir: &'a LockDir,
    holder: &'a HolderInfo,
    queue: Queue,
    /// Drawn when the first attempt has failed.
    ticket: Option<Ticket>,
    ahead: usize,
    begun: Instant,
    deadline: Option<Instant>,
    announcements: Announcements,
}

impl<'a> Turn<'a> {
    fn new(
        dir: &'a LockDir,
        key: &'a LockKey,
        mode: LockMode,
        holder: &'a HolderInfo,
        deadline: Option<Instant>,
        announce_after: Duration,
    ) -> Self {
        let announcements = Announcements::new(announce_after);
        let queue = dir.queue(key);
        Self { key, mode, dir, holder, queue, ticket: None, ahead: 0, begun: Instant::now(), deadline, announcements }
    }

    /// Whether nobody comes first.
    fn is_mine(&mut self) -> Result<bool, LockError> {
        self.ahead = match &mut self.ticket {
            None => self.queue.waiting(self.mode)?,
            Some(ticket) => self.queue.ahead(ticket)?,
        };
        Ok(self.ahead == 0)
    }

    /// Waits until it may be worth to try again. After the first attempt it only draws a ticket.
    async fn pause(&mut self, locks: &[LockKey], on_wait: &mut (impl FnMut(Wait) + Send)) -> Result<(), LockError> {
        if self.ticket.is_none() {
            self.ticket = Some(self.queue.draw(self.mode, self.holder)?);
            return Ok(());
        }
        let holders = || locks.iter().flat_map(|key| self.dir.holders(key)).collect::<Vec<_>>();
        let (key, mode, ahead, waited) = (self.key.clone(), self.mode, self.ahead, self.begun.elapsed());
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(LockError::Timeout { key, waited, holders: holders() });
        }
        if self.announcements.is_due(waited) {
            on_wait(Wait { key, mode, holders: holders(), ahead, waited });
        }
        sleep(pause(waited, ahead).min(left.unwrap_or(Duration::MAX))).await;
        Ok(())
    }
}

/// The pause before the next attempt. Those at the front look often, since they are the next to go on.
fn pause(waited: Duration, ahead: usize) -> Duration {
    let (shortest, longest) = PAUSE;
    let by_place =
        shortest.saturating_mul(u32::try_from(ahead).unwrap_or(u32::MAX).saturating_add(1).saturating_mul(4));
    (waited / PATIENCE).clamp(shortest, longest.min(by_place))
}

/// When to tell that we wait.
struct Announcements {
    next: Duration,
    reminders: std::slice::Iter<'static, u64>,
}

impl Announcements {
    fn new(first: Duration) -> Self {
        Self { next: first, reminders: REMINDERS.iter() }
    }

    fn is_due(&mut self, waited: Duration) -> bool {
        if waited < self.next {
            return false;
        }
        while self.next <= waited {
            self.next = match self.reminders.next() {
                Some(seconds) => Duration::from_secs(*seconds),
                None => waited + Duration::from_secs(60),
            };
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_with_time_and_with_the_place_in_the_queue() {
        let check = |waited_ms, ahead, expect_ms| {
            let waited = Duration::from_millis(waited_ms);
            assert_eq!(pause(waited, ahead), Duration::from_millis(expect_ms), "{waited_ms} {ahead}");
        };
        check(0, 0, 5);
        check(500, 0, 10);
        check(60_000, 0, 20);
        check(60_000, 1, 40);
        check(60_000, 50, 100);
        check(60_000, usize::MAX, 100);
    }

    #[test]
    fn a_wait_is_told_soon_and_then_less_and_less_often() {
        let mut announcements = Announcements::new(Duration::from_millis(500));
        let told: Vec<u64> =
            (0..2000).map(|tick| tick * 100).filter(|ms| announcements.is_due(Duration::from_millis(*ms))).collect();
        assert_eq!(told, [500, 5_000, 10_000, 20_000, 40_000, 60_000, 120_000, 180_000]);
    }
}
