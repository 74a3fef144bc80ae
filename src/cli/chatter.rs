//! `--verbose`: what progress tells programs only, told to people too.

use crate::event::{CacheNews, Event, Sink, StepPhase};
use crate::ui;
use std::sync::Arc;

/// Puts a note before events that are not shown.
pub struct Chatter(Arc<dyn Sink>);

impl Chatter {
    /// In front of this sink.
    #[expect(clippy::new_ret_no_self, reason = "a sink is all that callers know")]
    pub fn new(sink: Arc<dyn Sink>) -> Arc<dyn Sink> {
        Arc::new(Self(sink))
    }
}

impl Sink for Chatter {
    fn send(&self, event: Event) {
        if let Some(text) = told(&event) {
            self.0.send(Event::Note(text));
        }
        self.0.send(event);
    }
}

fn told(event: &Event) -> Option<String> {
    match event {
        Event::ContextSent { context, files, bytes } => {
            let files = ui::count(usize::try_from(*files).unwrap_or(usize::MAX), "file");
            Some(format!("{files}, {}, of {context} went to the engine", ui::size(*bytes)))
        }
        Event::RegistryCache { name, news: CacheNews::Found } => {
            Some(format!("results may come from the cache {name}"))
        }
        Event::RegistryCache { name, news: CacheNews::Missing } => Some(format!("there is no cache {name} yet")),
        Event::Phase { step, phase } => {
            let what = match phase {
                StepPhase::Create => "its container is made",
                StepPhase::Start => "its daemon starts",
                StepPhase::Load => "its daemon gets its images",
                StepPhase::Command => "its command runs",
                StepPhase::Stop => "its daemon ends",
                StepPhase::Commit => "what it made is kept",
                StepPhase::Remove => "its container is removed",
            };
            Some(format!("{} {}: {what}", step.target, step.name))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Heard(Mutex<Vec<Event>>);

    impl Sink for Heard {
        fn send(&self, event: Event) {
            self.0.lock().unwrap().push(event);
        }
    }

    #[test]
    fn what_programs_hear_is_told() {
        let heard = Arc::new(Heard::default());
        let sent = Event::ContextSent { context: "./api".into(), files: 2, bytes: 2048 };
        let chatter = Chatter::new(heard.clone());
        chatter.send(sent.clone());
        let missing = Event::RegistryCache { name: "app:v1".into(), news: CacheNews::Missing };
        chatter.send(missing.clone());
        chatter.send(Event::Note("late".into()));
        let note = Event::Note("2 files, 2.0 KiB, of ./api went to the engine".into());
        let no_cache = Event::Note("there is no cache app:v1 yet".into());
        assert_eq!(*heard.0.lock().unwrap(), [note, sent, no_cache, missing, Event::Note("late".into())]);
    }
}
