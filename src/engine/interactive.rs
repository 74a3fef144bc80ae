//! What a process is connected to that somebody works with.

use futures_util::future::BoxFuture;
use std::any::Any;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use tokio::io::AsyncWrite;
use tokio::sync::{mpsc, watch};

/// The user's end of a process. The user has it until it is dropped.
pub struct Console {
    /// What is typed; its end is the end of the process's input.
    pub input: mpsc::Receiver<Vec<u8>>,
    /// Takes what the process prints.
    pub output: Pin<Box<dyn AsyncWrite + Send>>,
    /// The same for its other stream; what has a terminal does not use it.
    pub errors: Pin<Box<dyn AsyncWrite + Send>>,
    /// The terminal that the process gets; `None`: it gets three streams instead.
    pub terminal: Option<Terminal>,
    /// Whatever must live as long.
    pub held: Box<dyn Any + Send>,
}

/// Gives the console to one process after the other, or tells what the system says against it.
pub type OpenConsole = Arc<dyn Fn() -> BoxFuture<'static, io::Result<Console>> + Send + Sync>;

/// A terminal.
pub struct Terminal {
    /// Rows and columns, now and whenever they change; zeros where nobody knows.
    pub size: watch::Receiver<(u16, u16)>,
    /// Its kind, as `TERM` has it.
    pub kind: Option<String>,
}

impl Terminal {
    /// Tells a process what its terminal is, unless its variables, `NAME=value`, do.
    pub(super) fn name_in(&self, env: &mut Vec<String>) {
        if let Some(kind) = &self.kind
            && !env.iter().any(|pair| pair.starts_with("TERM="))
        {
            env.push(format!("TERM={kind}"));
        }
    }
}

/// Waits for the next size that somebody knows; `None` when no other comes any more.
pub(super) async fn next_size(size: &mut watch::Receiver<(u16, u16)>) -> Option<(u16, u16)> {
    loop {
        size.changed().await.ok()?;
        match *size.borrow_and_update() {
            (0, _) | (_, 0) => {}
            known => return Some(known),
        }
    }
}
