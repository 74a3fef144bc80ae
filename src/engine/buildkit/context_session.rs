//! The session that serves build contexts: a new one whenever files of this machine may have changed, since the engine reads a
//! context once in a session.

use super::offer::Offer;
use super::session::Session;
use crate::engine::EngineError;
use crate::engine::docker::Address;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Mutex;

/// The newest session.
pub struct ContextSession {
    current: Mutex<Arc<Session>>,
    stale: AtomicBool,
}

/// A session that a build relies on. Two are equal: which one serves a build is no part of what is built.
#[derive(Clone, Default)]
pub struct Served(pub Option<Arc<Session>>);

impl PartialEq for Served {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Served").field(&self.0.as_ref().map(|session| session.id())).finish()
    }
}

impl ContextSession {
    /// Begins with a session that is open.
    pub fn new(first: Session) -> Self {
        Self { current: Mutex::new(Arc::new(first)), stale: AtomicBool::new(false) }
    }

    /// Notes that files may have changed.
    pub fn refresh(&self) {
        self.stale.store(true, Ordering::Release);
    }

    /// A session in which nothing was read before the last change. An older one ends with the last build that relies on it.
    ///
    /// # Errors
    /// When the engine takes no new one.
    pub async fn get(&self, address: &Address, offer: &Offer) -> Result<Arc<Session>, EngineError> {
        let mut current = self.current.lock().await;
        if self.stale.swap(false, Ordering::AcqRel) {
            let opened = Session::open(address, &offer.settings.client, offer.for_contexts()).await;
            if opened.is_err() {
                self.refresh();
            }
            *current = Arc::new(opened?);
        }
        Ok(current.clone())
    }
}
