//! `RUN --interactive-keep`: what somebody changes by hand is the step's result.
//!
//! Containers of a build (`NewContainer`) give no results, and builds have no terminal. So the process runs in a container of Docker,
//! as `WITH DOCKER` steps do; its changes become an image, which is the vertex's place in the graph as long as this connection lives.

use super::attend::{NO_SHELL, SHELL};
use super::driver::BuildKit;
use super::private::{self, PrivateNames};
use super::step_inputs::{Purpose, state_config};
use super::unique;
use crate::digest::VertexId;
use crate::engine::docker::inner::{self, ByHand};
use crate::engine::{Answer, EngineError, Observer, Progress};
use crate::graph::op::Network;
use crate::graph::{Exec, Graph};
use std::sync::{Arc, PoisonError};

/// What is in the engine for one connection only.
pub(super) struct Passing {
    names: PrivateNames,
    container: String,
}

impl BuildKit {
    /// Runs a step that somebody works with, and keeps what is changed.
    pub(super) async fn run_and_keep(
        &self,
        graph: &Arc<Graph>,
        id: VertexId,
        exec: &Exec,
        observer: &Arc<dyn Observer>,
    ) -> Result<(), EngineError> {
        if self.result(&id).is_some() {
            observer.progress(id, Progress::Cached);
            return Ok(());
        }
        // What it begins with is brought about without its slot: that may need slots itself.
        private::forget_old(&self.docker).await;
        // The container's first process needs it.
        let has_shell = match exec.root {
            Some(root) => self.has_any(graph, root, &[SHELL.to_owned()]).await?,
            None => false,
        };
        if !has_shell {
            return Err(EngineError::Other(NO_SHELL.to_owned()));
        }
        let process = self.process(exec, self.surroundings(graph, exec).await?)?;
        let mut names = PrivateNames::new(&self.docker, &self.dropped);
        let (state, kept, container) = (names.add(), names.add(), format!("rbuild-by-hand-{}", unique::name()));
        // From here on, whatever happens is tidied up.
        let passing = Passing { names, container: container.clone() };
        self.passing.lock().unwrap_or_else(PoisonError::into_inner).push(passing);
        self.store(graph, exec.root, state_config(&exec.platform, &state), &state, Purpose::Run, observer).await?;
        if observer.gate(id).await == Answer::Refuse {
            return Err(EngineError::Refused);
        }
        observer.progress(id, Progress::Started);
        let (repository, tag) = kept.rsplit_once(':').expect("private names have tags");
        let step = ByHand {
            state,
            process,
            privileged: exec.privileged,
            network: exec.network != Network::None,
            container,
            result: (repository.to_owned(), tag.to_owned()),
            client: self.offer.settings.client.clone(),
        };
        match inner::by_hand(&self.docker, step, id, observer).await? {
            0 => {}
            code => return Err(EngineError::Exit(code)),
        }
        self.results.lock().unwrap_or_else(PoisonError::into_inner).insert(id, kept);
        observer.progress(id, Progress::Completed);
        Ok(())
    }

    /// Takes away what was there for this connection only.
    pub(super) async fn forget_passing(&self) {
        let passing = std::mem::take(&mut *self.passing.lock().unwrap_or_else(PoisonError::into_inner));
        for Passing { names, container } in passing {
            // An image has a name until no container needs it.
            if let Err(error) = inner::remove_container(&self.docker, &container).await {
                tracing::debug!(%error, container, "the container could not be removed");
            }
            names.forget().await;
        }
    }
}
