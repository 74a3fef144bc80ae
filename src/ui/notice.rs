//! One-line announcements: what was sent, stored, pushed and saved, and who waits for whom.

use super::style::{Ink, Styles};
use super::{escape, message, wording};
use crate::event::{Counts, Event};
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
        Event::ArtifactSaved { target, source: _, path } => {
            outcome(&format!("saved {}", path.display()), target, styles)
        }
        Event::Note(text) => return message::lines("note:", Ink::Hint, text, styles),
        Event::Started { .. }
        | Event::Step { .. }
        | Event::Output { .. }
        | Event::Counts(_)
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

/// Why a step does not start: `waiting 12 s for cache gomod: held by +test, pid 4711`.
pub(super) fn lock_wait(lock: &str, holder: Option<&str>, waited: Duration) -> String {
    let since = if waited.as_secs() == 0 { String::new() } else { format!("{} ", wording::wait(waited)) };
    let holder = holder.map(|holder| format!(": held by {holder}")).unwrap_or_default();
    escape::word(&format!("waiting {since}for {lock}{holder}"))
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
