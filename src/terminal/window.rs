//! The terminal's size.

use rustix::termios::{isatty, tcgetwinsize};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Whether somebody sits at it: standard input and standard output are terminals.
#[must_use]
pub fn is_terminal() -> bool {
    isatty(rustix::stdio::stdin()) && isatty(rustix::stdio::stdout())
}

/// Rows and columns, now and whenever they change. Must be called within a runtime.
#[must_use]
pub fn follow() -> watch::Receiver<(u16, u16)> {
    let (sender, receiver) = watch::channel(size());
    if let Ok(mut changes) = signal(SignalKind::window_change()) {
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = sender.closed() => return,
                    change = changes.recv() => match change {
                        Some(()) => sender.send_replace(size()),
                        None => return,
                    },
                };
            }
        });
    }
    receiver
}

/// Zeros where the terminal does not tell.
fn size() -> (u16, u16) {
    tcgetwinsize(rustix::stdio::stdout()).map_or((0, 0), |size| (size.ws_row, size.ws_col))
}
