//! One-line announcements: what was sent, stored, pushed and saved, and who waits for whom.

use super::style::{Ink, Styles};
use super::{message, wording};
use crate::event::{Counts, Event};
use std::time::Duration;

/// The lines of an event that is an announcement; nothing for other events.
pub(super) fn announcement(event: &Event, styles: Styles) -> Vec<String> {
    let line = match event {
        Event::ContextSent { context, files, bytes } => {
            let noun = if *files == 1 { "file" } else { "files" };
            format!("context {context} sent: {files} {noun}, {}", wording::size(*bytes))
        }
        Event::ImageStored { target, name } => {
            format!("{} {}", styles.paint(Ink::Good, &format!("image {name} stored")), origin(target, styles))
        }
        Event::ImagePushed { target, name } => {
            format!("{} {}", styles.paint(Ink::Good, &format!("image {name} pushed")), origin(target, styles))
        }
        Event::ArtifactSaved { target, source: _, path } => {
            format!("{} {}", styles.paint(Ink::Good, &format!("saved {}", path.display())), origin(target, styles))
        }
        Event::Note(text) => return message::lines("note:", Ink::Hint, text, styles),
        Event::Started { .. }
        | Event::Step { .. }
        | Event::Output { .. }
        | Event::Counts(_)
        | Event::Finished { .. } => return Vec::new(),
    };
    vec![line]
}

fn origin(target: &str, styles: Styles) -> String {
    styles.paint(Ink::Dim, &format!("({target})"))
}

/// Why a step does not start: `waiting 12 s for cache gomod: held by +test, pid 4711`.
pub(super) fn lock_wait(lock: &str, holder: Option<&str>, waited: Duration) -> String {
    let since = if waited.as_secs() == 0 { String::new() } else { format!("{} ", wording::wait(waited)) };
    let holder = holder.map(|holder| format!(": held by {holder}")).unwrap_or_default();
    format!("waiting {since}for {lock}{holder}")
}

/// The numbers in one line: `2/2 running, 14 queued, 3 waiting for a lock`. Zeros behind the first are left out.
pub(super) fn counts(counts: &Counts) -> String {
    let mut text = format!("{}/{} running", counts.running, counts.limit);
    if counts.queued > 0 {
        text.push_str(&format!(", {} queued", counts.queued));
    }
    if counts.waiting_for_lock > 0 {
        text.push_str(&format!(", {} waiting for a lock", counts.waiting_for_lock));
    }
    text
}
