//! The process's own output. A reader that is gone is no fault, and nothing panics over it.

use std::io::{self, ErrorKind, Write as _};

/// Writes to standard output.
///
/// # Errors
/// When it cannot be written, for another reason than that its reader has seen enough.
pub fn print(text: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes to standard error, where nothing can be said about a failure.
pub fn say(text: &str) {
    let _unheard = io::stderr().lock().write_all(text.as_bytes());
}
