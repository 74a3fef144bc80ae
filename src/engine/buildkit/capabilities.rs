//! What an engine's BuildKit can do.

use super::failure;
use super::gateway;
use super::link::Link;
use super::solve::Build;
use crate::engine::EngineError;
use bollard_buildkit_proto::moby::buildkit::v1::frontend::PingRequest;
use std::collections::HashSet;

/// The ids of the features that an engine announces for its build graphs. Old engines drop what they do not know silently, so nothing
/// is ever found out by trying.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities(HashSet<String>);

/// Variables that hold secrets.
pub const SECRET_ENV: &str = "exec.secretenv";

/// Set-user-id and its like in the modes of copies: a feature without an id of its own, which came before this one.
pub const SPECIAL_BITS: &str = "file.copy.alwaysreplaceexistingdestpaths";

/// Patterns of what a copy takes along, and of what it leaves.
pub const COPY_PATTERNS: &str = "file.copy.includeexcludepatterns";

impl Capabilities {
    /// Asks an engine.
    ///
    /// # Errors
    /// When it does not answer as BuildKit does.
    pub async fn of(link: &Link) -> Result<Self, EngineError> {
        let pong = gateway::within(link, Build::default(), None, |mut gateway| async move {
            let request = gateway.request(PingRequest {});
            gateway.client.ping(request).await
        });
        let caps = pong.await.map_err(|status| failure::read(&status, "", &[]))?.into_inner().llb_caps;
        Ok(caps.into_iter().filter(|cap| cap.enabled).map(|cap| cap.id).collect())
    }

    /// Whether the engine has a feature.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.0.contains(id)
    }
}

impl Capabilities {
    /// What builds miss without the features that are not there.
    pub fn lacks(&self) -> Vec<&'static str> {
        let known = [
            (SECRET_ENV, "secrets get into variables by way of the step's shell, so the image must have one"),
            (SPECIAL_BITS, "`COPY --chmod` cannot set set-user-id, set-group-id and sticky bits"),
        ];
        known.into_iter().filter(|(id, _)| !self.has(id)).map(|(_, lack)| lack).collect()
    }
}

impl<S: Into<String>> FromIterator<S> for Capabilities {
    fn from_iter<I: IntoIterator<Item = S>>(ids: I) -> Self {
        Self(ids.into_iter().map(Into::into).collect())
    }
}
