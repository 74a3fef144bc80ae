//! The terminal's mode.

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io;
use std::sync::{Mutex, PoisonError};

/// The mode to go back to. A process has one terminal, and may end where no guard is dropped.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Standard input in raw mode: every key goes through as it is, also Ctrl-C. When this is dropped, the mode is as before.
#[derive(Debug)]
pub struct Raw(());

impl Raw {
    /// Changes the mode.
    ///
    /// # Errors
    /// When standard input is no terminal.
    pub fn enter() -> io::Result<Self> {
        let before = tcgetattr(rustix::stdio::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        let guard = Self(());
        tcsetattr(rustix::stdio::stdin(), OptionalActions::Drain, &raw)?;
        Ok(guard)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        restore();
    }
}

/// Puts the terminal into the mode that it had, if it was changed. For who ends the process without unwinding.
pub fn restore() {
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // Of a terminal that is gone, nothing has to be restored.
        let _gone = tcsetattr(rustix::stdio::stdin(), OptionalActions::Drain, &before);
    }
}
