//! Records in a directory, each alive as long as its owner: the tickets of those who wait, and the names of shared holders.
//!
//! A record is a file of its own with a lock of its own, so the kernel tells who is still there, even after `kill -9`. Names of
//! records are never used twice, so whoever finds a dead one may delete it.
//!
//! A ticket's name begins with its number, one more than the greatest that its owner saw. Two that draw at the same moment may get the
//! same number, and are ordered by the rest of the name. Nobody can be overtaken by a ticket that was drawn after its own.

use super::entry::Entry;
use super::locked_file::{is_at, try_flock};
use super::{HolderInfo, LockError, LockKey, LockMode};
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A waiter says this often that it still asks.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);
/// A waiter that said nothing for so long (stopped with Ctrl-Z, say) is passed over, but keeps its place. In seconds.
const PATIENCE: i64 = 10;
/// How often a record is made anew when a passer-by has taken it for dead.
const ATTEMPTS: usize = 100;

/// A file that says something as long as its owner lives. Dropping it deletes the file.
#[derive(Debug)]
pub(super) struct Record(tempfile::NamedTempFile);

impl Record {
    fn new(dir: &Path, prefix: &str, entry: &Entry) -> Result<Self, LockError> {
        for _ in 0..ATTEMPTS {
            let file = tempfile::Builder::new()
                .prefix(prefix)
                .rand_bytes(12)
                // other users must be able to open it, to see whether it is alive
                .permissions(Permissions::from_mode(0o644))
                .tempfile_in(dir)
                .map_err(LockError::io("create a file in", dir))?;
            // Between creation and lock it looks dead, and may be deleted by somebody who comes along.
            let locked = try_flock(file.as_file(), LockMode::Exclusive).map_err(LockError::io("lock", file.path()))?;
            if locked && is_at(file.as_file(), file.path()).map_err(LockError::io("look at", file.path()))? {
                io::Write::write_all(&mut file.as_file(), &entry.to_line())
                    .map_err(LockError::io("write", file.path()))?;
                return Ok(Self(file));
            }
        }
        Err(LockError::Unstable { path: dir.to_owned() })
    }

    fn name(&self) -> &str {
        self.0.path().file_name().and_then(|name| name.to_str()).expect("names of records are ASCII")
    }
}

/// A directory of records.
#[derive(Debug)]
pub(super) struct Queue {
    dir: PathBuf,
    key: LockKey,
}

/// A place in the queue. Dropping it gives the place up.
#[derive(Debug)]
pub(super) struct Ticket {
    record: Record,
    number: u64,
    mode: LockMode,
    last_sign: Instant,
}

impl Queue {
    /// The records in `dir`, which have to do with the lock `key`.
    pub(super) fn new(dir: PathBuf, key: &LockKey) -> Self {
        Self { dir, key: key.clone() }
    }

    /// What the records in a directory say, tickets in their order: without asking whether their owners live, and without a trace.
    pub(super) fn entries(dir: &Path) -> Vec<(LockMode, Entry)> {
        let mut names: Vec<(Option<Name>, String)> =
            names(dir).unwrap_or_default().into_iter().map(|name| (Name::parse(name.clone()), name)).collect();
        names.sort();
        let entry = |(ticket, name): (Option<Name>, String)| {
            // Who shares a lock has no ticket.
            let mode = ticket.map_or(LockMode::Shared, |ticket| ticket.mode);
            Some((mode, Entry::from_line(&std::fs::read(dir.join(name)).ok()?)?))
        };
        names.into_iter().filter_map(entry).collect()
    }

    /// Draws the next ticket.
    pub(super) fn draw(&self, mode: LockMode, holder: &HolderInfo) -> Result<Ticket, LockError> {
        std::fs::create_dir_all(&self.dir).map_err(LockError::io("create", &self.dir))?;
        let last = self.tickets()?.last().map_or(0, |ticket| ticket.number);
        let number = last.saturating_add(1);
        let letter = if mode == LockMode::Shared { 's' } else { 'x' };
        let record = Record::new(&self.dir, &format!("{number:020}-{letter}-"), &Entry::now(&self.key, holder))?;
        Ok(Ticket { record, number, mode, last_sign: Instant::now() })
    }

    /// How many others come before this ticket, so that it has to wait for them. Shared tickets do not wait for each other.
    pub(super) fn ahead(&self, ticket: &mut Ticket) -> Result<usize, LockError> {
        if ticket.last_sign.elapsed() >= SIGN_OF_LIFE {
            let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
            let times = rustix::fs::Timestamps { last_access: now, last_modification: now };
            // A sign that is not seen costs the place in the queue, nothing else.
            let _ = rustix::fs::futimens(ticket.record.0.as_file(), &times);
            ticket.last_sign = Instant::now();
        }
        // Both times are of the file system's clock, which is the same for all machines.
        let now = ticket.record.0.as_file().metadata().map_or(0, |own| own.mtime());
        let mine = (ticket.number, ticket.record.name());
        self.count(ticket.mode, Some(now), |other| (other.number, other.name.as_str()) < mine)
    }

    /// How many wait whom a newcomer has to let pass.
    pub(super) fn waiting(&self, mode: LockMode) -> Result<usize, LockError> {
        self.count(mode, None, |_| true)
    }

    /// Makes a record that is in nobody's way.
    pub(super) fn enlist(&self, holder: &HolderInfo) -> Result<Record, LockError> {
        std::fs::create_dir_all(&self.dir).map_err(LockError::io("create", &self.dir))?;
        Record::new(&self.dir, "holder-", &Entry::now(&self.key, holder))
    }

    /// Those whose records are alive.
    pub(super) fn holders(&self) -> Result<Vec<HolderInfo>, LockError> {
        let mut found = Vec::new();
        for name in names(&self.dir)? {
            let path = self.dir.join(name);
            if !is_dead(&path, None)
                && let Some(entry) = std::fs::read(&path).ok().and_then(|text| Entry::from_line(&text))
            {
                found.push(entry.holder);
            }
        }
        found.sort_by_key(|holder| holder.since_ms);
        Ok(found)
    }

    /// Counts the tickets that matter. Only the first ones are probed, until one is found to be alive.
    fn count(&self, mode: LockMode, now: Option<i64>, before: impl Fn(&Name) -> bool) -> Result<usize, LockError> {
        let tickets = self.tickets()?;
        let mut others =
            tickets.iter().filter(|other| before(other) && (mode, other.mode) != (LockMode::Shared, LockMode::Shared));
        Ok(match others.find(|other| !is_dead(&self.dir.join(&other.name), now)) {
            Some(_) => 1 + others.count(),
            None => 0,
        })
    }

    fn tickets(&self) -> Result<Vec<Name>, LockError> {
        let mut tickets: Vec<Name> = names(&self.dir)?.into_iter().filter_map(Name::parse).collect();
        tickets.sort();
        Ok(tickets)
    }
}

fn names(dir: &Path) -> Result<Vec<String>, LockError> {
    let listing = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.map_err(LockError::io("list", dir))?,
    };
    listing
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()
        .map_err(LockError::io("list", dir))
}

/// A ticket as its file's name tells it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    number: u64,
    name: String,
    mode: LockMode,
}

impl Name {
    fn parse(name: String) -> Option<Self> {
        let mut parts = name.splitn(3, '-');
        let number = parts.next()?.parse().ok()?;
        let mode = match parts.next()? {
            "s" => LockMode::Shared,
            "x" => LockMode::Exclusive,
            _ => return None,
        };
        parts.next()?;
        Some(Self { number, name, mode })
    }
}

/// Whether a record's owner is gone (then the record is deleted), or (where `now` is given) has long said nothing.
fn is_dead(path: &Path, now: Option<i64>) -> bool {
    let file = match File::open(path) {
        Ok(file) => file,
        // what is not there keeps nobody waiting; what cannot be opened must not keep everybody waiting for ever
        Err(_) => return true,
    };
    match try_flock(&file, LockMode::Shared) {
        Ok(true) => {
            let _ = std::fs::remove_file(path);
            true
        }
        Ok(false) => match (now, file.metadata()) {
            (Some(now), Ok(data)) => data.mtime() < now - PATIENCE,
            _ => false,
        },
        Err(_) => false,
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
