//! `--debug`: what goes on inside rbuild.

use super::clones::Teller;
use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing::field::{Field, Visit};
use tracing::span;
use tracing::{Event, Level, Metadata, Subscriber};

/// Tells from now on what rbuild's own modules trace. Only the first call in a process counts.
pub fn tell(teller: Arc<Teller>) {
    let _told_already = tracing::subscriber::set_global_default(Inside { teller, spans: AtomicU64::new(1) });
}

/// Makes a text of each event. Spans tell nothing by themselves.
struct Inside {
    teller: Arc<Teller>,
    spans: AtomicU64,
}

impl Subscriber for Inside {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // What the libraries below trace would drown everything, and may hold what nobody should see.
        metadata.target().starts_with("rbuild") && *metadata.level() <= Level::DEBUG
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let place = event.metadata().target().trim_start_matches("rbuild::");
        let mut text = Text { message: String::new(), fields: String::new() };
        event.record(&mut text);
        self.teller.tell(&format!("{place}: {}{}", text.message, text.fields));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, "; {name}: {value:?}"),
        };
        written.expect("a string takes everything");
    }
}
