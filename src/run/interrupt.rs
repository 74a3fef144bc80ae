//! The user's wish to stop.

use tokio::sync::watch;

/// How urgent it is. Later is more urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wish {
    GoOn,
    Stop,
}

/// A wish that any number of tasks can wait for.
#[derive(Debug, Clone)]
pub struct Interrupt {
    sender: watch::Sender<Wish>,
}

impl Default for Interrupt {
    fn default() -> Self {
        Self { sender: watch::Sender::new(Wish::GoOn) }
    }
}

impl Interrupt {
    /// Asks for a stop: begin nothing more, cancel what runs, clean up.
    pub fn stop(&self) {
        self.sender.send_replace(Wish::Stop);
    }

    /// Whether a stop was asked for.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.sender.borrow() == Wish::Stop
    }

    /// Returns when a stop is asked for.
    pub async fn stopped(&self) {
        let mut receiver = self.sender.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let _wish = receiver.wait_for(|wish| *wish == Wish::Stop).await;
    }
}
