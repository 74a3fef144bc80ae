//! The user's console, for processes that somebody works with.

use super::environment::variable;
use crate::engine::{Console, OpenConsole, Terminal};
use crate::{terminal, ui};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Takes standard input and output for a process: as a terminal where they are one. What is typed is given back, and the terminal's mode
/// restored, when the console is dropped.
///
/// # Errors
/// What the system says.
pub fn open() -> io::Result<Console> {
    let output = writer(io::stdout())?;
    let errors = writer(io::stderr())?;
    let is_terminal = terminal::is_terminal();
    let raw = if is_terminal { Some(terminal::Raw::enter()?) } else { None };
    let (keys, input) = terminal::keys()?;
    let terminal = is_terminal
        .then(|| Terminal { size: terminal::follow(), kind: variable("TERM").filter(|kind| !kind.is_empty()) });
    Ok(Console { input, output: Box::pin(output), errors: Box::pin(errors), terminal, held: Box::new((keys, raw)) })
}

/// A console for one step after the other, while progress keeps away from the terminal.
pub fn in_turns(curtain: ui::Curtain) -> OpenConsole {
    let turn = Arc::new(Mutex::new(()));
    Arc::new(move || {
        let (turn, curtain) = (turn.clone(), curtain.clone());
        Box::pin(async move {
            let turn = turn.lock_owned().await;
            let closed = curtain.close();
            let console = open()?;
            // The terminal comes back first, then progress, then it is the next one's turn.
            Ok(Console { held: Box::new((console.held, closed, turn)), ..console })
        })
    })
}

fn writer(stream: impl AsFd) -> io::Result<tokio::fs::File> {
    let own = stream.as_fd().try_clone_to_owned()?;
    Ok(tokio::fs::File::from_std(File::from(own)))
}
