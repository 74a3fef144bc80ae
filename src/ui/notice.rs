//! One-line announcements: what was sent, stored, pushed and saved, and who waits for whom.

use super::reports::utc_for_people;
use super::style::{Ink, Styles};
use super::{escape, message, wording};
use crate::event::{CacheNews, Counts, Event, StepState};
use std::time::Duration;

/// The lines of an event that is an announcement; nothing for other events.
pub(super) fn announcement(event: &Event, styles: Styles) -> Vec<String> {
    let line = match event {
        // Nothing was new: nothing to say.
        Event::ContextSent { files: 0, .. } => return Vec::new(),
        Event::ContextSent { context, files, bytes } => {
            let noun = if *files == 1 { "file" } else { "files" };
            format!("context {} sent: {files} {noun}, {}", escape::word(context), wording::size(*bytes))
        }
        Event::ImageStored { target, name } => outcome(&format!("image {name} stored"), target, styles),
        Event::ImagePushed { target, name } => outcome(&format!("image {name} pushed"), target, styles),
        Event::RegistryCache { name, news: CacheNews::Written } => {
            styles.paint(Ink::Good, &escape::word(&format!("cache {name} pushed")))
        }
        Event::ArtifactSaved { target, source: _, path } => {
            outcome(&format!("saved {}", path.display()), target, styles)
        }
        Event::Skipped { target, since } => {
            format!("{}: nothing changed since {}, skipped", escape::word(target), utc_for_people(*since))
        }
        Event::Note(text) => return message::lines("note:", Ink::Hint, text, styles),
        Event::Started { .. }
        | Event::Step { .. }
        | Event::Output { .. }
        | Event::Phase { .. }
        | Event::Counts(_)
        | Event::RegistryCache { .. }
        | Event::Summary(_)
        | Event::Finished { .. } => return Vec::new(),
    };
    vec![line]
}

/// What there is now, and which target made it.
fn outcome(text: &str, target: &str, styles: Styles) -> String {
    let origin = escape::word(&format!("({target})"));
    format!("{} {}", styles.paint(Ink::Good, &escape::word(text)), styles.paint(Ink::Dim, &origin))
}

/// What a step waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wait {
    /// A lock.
    Lock {
        /// Its name, for people.
        lock: String,
        /// Who holds it, for people.
        holder: Option<String>,
        /// For how long they have held it, where that is known.
        held: Option<Duration>,
    },
    /// One of the slots that all builds of this machine share.
    Host,
}

impl Wait {
    /// What a step waits for in this state, and for how long so far.
    pub(super) fn of(state: &StepState) -> Option<(Self, Duration)> {
        match state {
            StepState::WaitingForLock { lock, holder, held, waited } => {
                Some((Self::Lock { lock: lock.clone(), holder: holder.clone(), held: *held }, *waited))
            }
            StepState::WaitingForHost { waited } => Some((Self::Host, *waited)),
            _ => None,
        }
    }

    /// Whether it is for the same, whoever stands in the way.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Lock { lock, .. }, Self::Lock { lock: another, .. }) => lock == another,
            (Self::Host, Self::Host) => true,
            _ => false,
        }
    }

    /// Why a step does not start: `waiting 12 s for cache gomod: held by +test, pid 4711, for 3 min 05 s`, or
    /// `waiting 12 s for a slot of this machine (--host-parallelism)`. What is known is as old as
    /// `since`: holders have held for so much longer, and the wait is so much longer.
    pub(super) fn text(&self, waited: Duration, since: Duration) -> String {
        let waited = waited + since;
        let time = if waited.as_secs() == 0 { String::new() } else { format!("{} ", wording::wait(waited)) };
        let what = match self {
            Self::Host => "a slot of this machine (--host-parallelism)".to_owned(),
            Self::Lock { lock, holder: None, .. } => lock.clone(),
            Self::Lock { lock, holder: Some(holder), held } => {
                let held = held.map(|held| held + since).filter(|held| held.as_secs() > 0);
                let held = held.map(|held| format!(", for {}", wording::wait(held))).unwrap_or_default();
                format!("{lock}: held by {holder}{held}")
            }
        };
        escape::word(&format!("waiting {time}for {what}"))
    }
}

/// The numbers in one line: `2/2 running, 14 queued, 3 waiting for a lock, 1 waiting for the host`. Zeros behind the first are left out.
pub(super) fn counts(counts: &Counts) -> String {
    let mut text = format!("{}/{} running", counts.running, counts.limit);
    if counts.queued > 0 {
        text.push_str(&format!(", {} queued", counts.queued));
    }
    if counts.waiting_for_lock > 0 {
        text.push_str(&format!(", {} waiting for a lock", counts.waiting_for_lock));
    }
    if counts.waiting_for_host > 0 {
        text.push_str(&format!(", {} waiting for the host", counts.waiting_for_host));
    }
    text
}
