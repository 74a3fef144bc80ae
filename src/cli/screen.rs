//! Progress on the user's screen.

use super::arguments;
use super::chatter::Chatter;
use super::context::Context;
use crate::cache::begin_logs;
use crate::event::Sink;
use crate::ui;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

/// Begins to show what happens, without secrets. What steps print is kept below the cache directory.
pub fn show(context: &Context, masks: ui::Masks, cache_dir: &Path) -> (Arc<dyn Sink>, ui::Handle) {
    let options = &context.options.output;
    let (sink, screen) = ui::spawn(ui::Display {
        mode: mode(options.progress),
        terminal: &context.terminal,
        masks,
        logs: Some(begin_logs(cache_dir, SystemTime::now(), std::process::id())),
        github: context.github.clone(),
    });
    let sink = if options.verbose && !context.json() { Chatter::new(sink) } else { sink };
    context.teller.hand_over(sink.clone());
    (sink, screen)
}

fn mode(progress: arguments::Progress) -> ui::Mode {
    match progress {
        arguments::Progress::Auto => ui::Mode::Auto,
        arguments::Progress::Fancy => ui::Mode::Fancy,
        arguments::Progress::Plain => ui::Mode::Plain,
        arguments::Progress::Json => ui::Mode::Json,
    }
}
