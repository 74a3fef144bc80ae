//! `WITH DOCKER` behind `LOCALLY`: there is no daemon inside, the engine that builds serves the command as well.

use super::fault::Eval;
use super::recipe::Frame;
use super::with_docker::tell_inside;
use crate::analysis::program::{Step, WithDocker};
use crate::digest::Digest;
use crate::graph::host::{HostAction, HostCompose, HostDocker};

/// The variable that compose takes the name of what it makes from.
const PROJECT: &str = "COMPOSE_PROJECT_NAME";

impl Frame<'_> {
    /// `--cache-id` has nothing to keep here: the engine keeps its images anyway.
    pub(super) async fn with_docker_here(&mut self, step: &Step, block: &WithDocker) -> Eval<()> {
        let mut process = self.process_of_run(step, &block.run).await?;
        tell_inside(&mut process.env);
        if !block.loads.is_empty() {
            // What is loaded may be made of what was done here so far.
            self.settle_here().await?;
        }
        let platform = self.platform(block.platform.as_ref()).await?;
        let images = self.inner_images(step, block, &platform).await?;
        let compose = self.compose(block, platform).await?.map(|compose| {
            let own = process.env.iter().find(|(name, _)| name == PROJECT).map(|(_, name)| name.clone());
            let project = own.unwrap_or_else(|| {
                let name = self.project_here(step);
                process.env.push((PROJECT.to_owned(), name.clone()));
                name
            });
            HostCompose { compose, project }
        });
        let docker = HostDocker { process, images, compose };
        let options = self.options_of_run(step, &block.run, true).await?;
        self.add_here(HostAction::Docker(Box::new(docker)), options);
        Ok(())
    }

    /// A name for what compose makes: not that of the directory, whose services the user may have started by hand, and the same in each
    /// run, so that the next one takes over what a killed one left.
    fn project_here(&self, step: &Step) -> String {
        let dir = self.state.local.as_ref().map_or("", |local| &local.dir);
        let namespace = &self.evaluator.settings.cache_namespace;
        let parts = [namespace, dir, &*self.shown, &step.text];
        format!("rbuild-{}", &Digest::of(parts.join("\0")).hex()[..12])
    }
}
